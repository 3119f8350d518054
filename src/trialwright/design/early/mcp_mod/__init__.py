"""MCP-Mod: a test for a dose-response signal by candidate models, and the dose from the model that fits."""

from trialwright.design.early.mcp_mod.contrasts import (
    ContrastPower,
    ContrastTest,
    MultipleContrastTest,
    OptimalContrasts,
    compute_contrast_power,
    compute_contrast_sample_size,
    compute_multiple_contrast_test,
    compute_optimal_contrasts,
)
from trialwright.design.early.mcp_mod.fitting import DoseMeans, FittedModel, fit_dose_response, summarize_doses
from trialwright.design.early.mcp_mod.maximum import Computed
from trialwright.design.early.mcp_mod.models import DoseResponse, compute_guesstimate
from trialwright.design.early.mcp_mod.procedure import BootstrapInterval, McpModAnalysis, compute_mcp_mod
from trialwright.design.early.mcp_mod.simulation import McpModCharacteristics, McpModTrial, simulate_mcp_mod

__all__ = [
    "BootstrapInterval",
    "Computed",
    "ContrastPower",
    "ContrastTest",
    "DoseMeans",
    "DoseResponse",
    "FittedModel",
    "McpModAnalysis",
    "McpModCharacteristics",
    "McpModTrial",
    "MultipleContrastTest",
    "OptimalContrasts",
    "compute_contrast_power",
    "compute_contrast_sample_size",
    "compute_guesstimate",
    "compute_mcp_mod",
    "compute_multiple_contrast_test",
    "compute_optimal_contrasts",
    "fit_dose_response",
    "simulate_mcp_mod",
    "summarize_doses",
]
