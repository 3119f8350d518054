# rpact's side of the designs: 100 group-sequential designs, 100 sample sizes, or 10,000 simulated trials.
suppressMessages(library(rpact))
kind <- trimws(readLines(commandArgs(TRUE)[1])[1])
looks <- function() getDesignGroupSequential(
  kMax = 3, alpha = 0.025, beta = 0.1, sided = 1, typeOfDesign = "asOF",
  typeBetaSpending = "bsHSD", gammaB = -2, bindingFutility = FALSE
)
size <- function() getSampleSizeSurvival(
  alpha = 0.025, beta = 0.1, sided = 1, hazardRatio = 0.7, median2 = 12, accrualTime = c(0, 6, 24),
  accrualIntensity = c(0.1, 0.2), accrualIntensityType = "relative",
  followUpTime = 12, dropoutRate1 = 1 - exp(-0.005 * 12), dropoutRate2 = 1 - exp(-0.005 * 12), dropoutTime = 12
)
trials <- function() getSimulationSurvival(
  design = getDesignGroupSequential(
    kMax = 3, alpha = 0.025, sided = 1, typeOfDesign = "asOF", informationRates = c(0.5, 0.75, 1)
  ),
  directionUpper = FALSE, hazardRatio = 0.7, median2 = 12, plannedEvents = c(150, 225, 300),
  accrualTime = c(0, 20), accrualIntensity = 25, maxNumberOfIterations = 10000, seed = 2026
)
work <- switch(kind, sequential = looks, survival = size, simulation = trials)
times <- if (kind == "simulation") 1 else 100
found <- if (kind == "simulation") NULL else work()
start <- proc.time()
for (i in seq_len(times)) found <- work()
seconds <- sum((proc.time() - start)[1:2])
estimate <- switch(kind,
  sequential = found$criticalValues[1],
  survival = found$numberOfSubjects1[1] + found$numberOfSubjects2[1],
  simulation = found$overallReject[1]
)
cat(sprintf('{"seconds": %.4f, "estimate": %.10f, "check": %.10f}\n', seconds, estimate, estimate))
