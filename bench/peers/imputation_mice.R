# R's side of multiple imputation by the package mice: method "norm", by arm; lm at each visit; pool.scalar.
suppressMessages(library(mice))
d <- read.csv(commandArgs(TRUE)[1])
d$A <- as.numeric(d$ARM == "A"); d$R <- as.numeric(d$REGION == "R1")
start <- proc.time()
w <- reshape(d[, c("USUBJID", "A", "BASE", "R", "AVISITN", "CHG")], direction = "wide",
             idvar = c("USUBJID", "A", "BASE", "R"), timevar = "AVISITN")[, -1]
visits <- sort(unique(d$AVISITN)); M <- 100
arms <- lapply(0:1, function(a) mice(w[w$A == a, -1], m = M, maxit = 5, method = "norm", printFlag = FALSE, seed = 1))
for (t in visits) {
  Q <- U <- numeric(M)
  for (m in 1:M) {
    z <- rbind(cbind(A = 0, complete(arms[[1]], m)), cbind(A = 1, complete(arms[[2]], m)))
    f <- lm(z[[paste0("CHG.", t)]] ~ z$A + z$BASE + z$R); Q[m] <- coef(f)[2]; U[m] <- vcov(f)[2, 2]
  }
  p <- pool.scalar(Q, U, n = nrow(w), k = 4)
}
seconds <- sum((proc.time() - start)[1:2])
cat(sprintf('{"seconds": %.4f, "estimate": %.10f, "check": %.10f}\n', seconds, p$qbar, sqrt(p$t)))
