"""Our side of multiple imputation: the whole analysis of a plan, from datasets to results, of one CSV file."""

from __future__ import annotations

import sys

import polars as pl
from bench.peers.timing import timed

import trialwright.analysis.methods.registry  # noqa: F401  # loaded before the clock starts
from trialwright.analysis import analyze, parse_plan
from trialwright.standards.datasets import Dataset

PLAN = """
plan: {title: Multiple imputation}
analysis_sets: {all: {label: Everybody}}
groupings: {arm: {variable: ARM, levels: [P, A]}}
analyses:
  mi: {method: multiple_imputation, dataset: ADXX, population: all, variables: [CHG], by: [arm],
       options: {covariates: [BASE], factors: [REGION], contrasts: [[A, P]], imputations: 100,
                 model: MODEL, burn_in: 5}}
"""
records = pl.read_csv(sys.argv[1])
subjects = records.select("USUBJID", "ARM").unique("USUBJID", maintain_order=True)
datasets = {"ADSL": Dataset(name="ADSL", frame=subjects), "ADXX": Dataset(name="ADXX", frame=records.drop("ARM"))}
plan = parse_plan(PLAN.replace("MODEL", sys.argv[2]))


def fit() -> dict[str, float]:
    """The difference of the arms at the last visit, and its SE."""
    results = analyze(plan, datasets)
    last = records.select(pl.col("AVISITN").max()).item()
    name = f"mi/ARM=A - P/AVISITN={last}/CHG"
    return {"estimate": results[f"{name}/difference"].stat or 0.0, "check": results[f"{name}/se"].stat or 0.0}


timed(fit)
