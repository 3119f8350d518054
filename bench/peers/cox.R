# R's side of the proportional hazards model: survival::coxph.
suppressMessages(library(survival))
d <- read.csv(commandArgs(TRUE)[1])
start <- proc.time()
m <- coxph(Surv(AVAL, EVENT) ~ ARM + X1 + X2 + X3 + X4, data = d, ties = "efron")
seconds <- sum((proc.time() - start)[1:2])
cat(sprintf('{"seconds": %.4f, "estimate": %.10f, "check": %.10f}\n', seconds, coef(m)[1], sqrt(vcov(m)[1, 1])))
