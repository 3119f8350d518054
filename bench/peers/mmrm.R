# R's side of the repeated measures model: nlme::gls, an unstructured covariance, REML.
suppressMessages(library(nlme))
d <- read.csv(commandArgs(TRUE)[1])
d$VISIT <- factor(d$AVISITN)
d$VISIT <- relevel(d$VISIT, as.character(max(d$AVISITN)))
d$A <- as.numeric(d$ARM == "A")
start <- proc.time()
m <- gls(CHG ~ BASE + VISIT * A, d, correlation = corSymm(form = ~ AVISITN | USUBJID),
         weights = varIdent(form = ~ 1 | VISIT), method = "REML",
         control = glsControl(maxIter = 200, msMaxIter = 500))
seconds <- sum((proc.time() - start)[1:2])
cat(sprintf('{"seconds": %.4f, "estimate": %.10f, "check": %.8f}\n', seconds, coef(m)["A"], -2 * logLik(m)))
