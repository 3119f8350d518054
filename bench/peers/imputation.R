# R's side of multiple imputation, monotone, in base R: Bayesian regression of each visit on those before it, by arm;
# lm.fit at each visit; Rubin's rules.
d <- read.csv(commandArgs(TRUE)[1])
d$A <- as.numeric(d$ARM == "A"); d$R <- as.numeric(d$REGION == "R1")
start <- proc.time()
w <- reshape(d[, c("USUBJID", "A", "BASE", "R", "AVISITN", "CHG")], direction = "wide",
             idvar = c("USUBJID", "A", "BASE", "R"), timevar = "AVISITN")
visits <- sort(unique(d$AVISITN)); last <- length(visits); M <- 100
Y <- as.matrix(w[, paste0("CHG.", visits)]); X <- cbind(1, w$BASE, w$R); Z <- cbind(1, w$A, w$BASE, w$R)
set.seed(1)
Q <- U <- matrix(0, M, last)
for (m in 1:M) {
  C <- Y
  for (arm in 0:1) for (t in seq_along(visits)) {
    P <- cbind(X, C[, seq_len(t - 1)]); has <- !is.na(Y[, t]) & w$A == arm; gap <- is.na(Y[, t]) & w$A == arm
    if (!any(gap)) next
    f <- lm.fit(P[has, , drop = FALSE], Y[has, t]); V <- chol2inv(qr.R(f$qr))
    s <- sqrt(sum(f$residuals^2) / rchisq(1, f$df.residual))
    b <- f$coefficients + s * drop(t(chol(V)) %*% rnorm(ncol(P)))
    C[gap, t] <- P[gap, , drop = FALSE] %*% b + s * rnorm(sum(gap))
  }
  for (t in seq_along(visits)) {
    f <- lm.fit(Z, C[, t]); Q[m, t] <- f$coefficients[2]
    U[m, t] <- chol2inv(qr.R(f$qr))[2, 2] * sum(f$residuals^2) / f$df.residual
  }
}
se <- sqrt(colMeans(U) + (1 + 1 / M) * apply(Q, 2, var))
seconds <- sum((proc.time() - start)[1:2])
cat(sprintf('{"seconds": %.4f, "estimate": %.10f, "check": %.10f}\n', seconds, mean(Q[, last]), se[last]))
