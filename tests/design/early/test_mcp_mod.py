"""MCP-Mod against R's DoseFinding, hand calculation and simulated trials."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.validation import References

from trialwright.design.early.mcp_mod import (
    DoseResponse,
    McpModTrial,
    compute_contrast_power,
    compute_contrast_sample_size,
    compute_guesstimate,
    compute_mcp_mod,
    compute_optimal_contrasts,
    fit_dose_response,
    simulate_mcp_mod,
    summarize_doses,
)
from trialwright.design.early.mcp_mod.maximum import MaximumOfT
from trialwright.errors import DesignError

# All reference values: R 4.2.2, DoseFinding 1.0-3 (`packageVersion`: 1.0.3), mvtnorm 1.1.3, the calls beside them.
PROGRAM = "R 4.2.2, DoseFinding 1.0-3: "
DOSES = (0.0, 0.05, 0.2, 0.6, 1.0)

# data(biom, package = "DoseFinding"), printed with 9 digits: 20 responses each at doses 0.05, 0.2, 0.6, 1 and 0.
# fmt: off
BIOM = [
    1.35380098, 0.154980239, -0.070838037, 0.583740909, 0.962598527, 0.381388876, -0.004695991, 0.519304935,
    -0.36332213, 0.338903336, 0.145620717, 0.442803406, -0.021949664, 0.37259824, 1.52897607, 0.149471298,
    0.374063362, 1.0116782, 0.281306267, 0.994656155, 1.19808182, 1.56768394, -0.155607279, 0.20658777,
    1.85346524, 0.995682873, 2.45223416, -0.52039887, 0.0488562374, 0.633128014, 0.528413238, 0.422902023,
    1.23332582, 1.8678257, 1.05783506, 0.34534894, 0.404851371, 0.48420331, 0.571199878, 1.01069618,
    1.172221, 0.667558102, 1.77768162, 0.309735795, 0.0564619101, 0.900065687, 0.738302949, 0.227879048,
    1.38510607, 0.912390582, 0.299300126, 0.278917304, 0.270043807, 0.569625173, 1.60432801, 1.57694453,
    2.92450896, 0.171532376, 2.16052374, 0.685611744, 2.24844584, 2.1736888, 1.25450926, 1.8646266,
    -1.11308206, 1.19841509, 1.97485829, 0.62533415, 1.33025814, 0.149454689, 0.887139996, 0.563064088,
    0.730863126, -0.771473861, 0.494778358, 0.303110251, 0.425231331, 2.55777378, 1.12889658, 0.948335871,
    0.354621644, 0.136528014, -0.017221273, 0.367483563, 0.395127618, 0.357965911, 0.312936459, -0.044915902,
    0.623091387, 0.0395121796, -0.30840357, -0.452964305, -0.201709236, 1.56086909, 0.561286292, 0.336241137,
    -0.159375068, 0.992604728, 0.806987008, 1.23744225,
]
# fmt: on
BIOM_DOSES = [dose for dose in (0.05, 0.2, 0.6, 1.0, 0.0) for _ in range(20)]
FIVE = (
    DoseResponse(model="linear"),
    DoseResponse(model="emax", parameters=(0.2,)),
    DoseResponse(model="exponential", parameters=(0.3,)),
    DoseResponse(model="quadratic", parameters=(-0.85,)),
    DoseResponse(model="logistic", parameters=(0.5, 0.1)),
)
EIGHT = (
    DoseResponse(model="linear"),
    DoseResponse(model="linlog", offset=0.1),
    DoseResponse(model="emax", parameters=(0.2,)),
    DoseResponse(model="sig_emax", parameters=(0.3, 3)),
    DoseResponse(model="exponential", parameters=(0.3,)),
    DoseResponse(model="quadratic", parameters=(-0.85,)),
    DoseResponse(model="logistic", parameters=(0.5, 0.1)),
    DoseResponse(model="beta", parameters=(1, 1.5), scale=1.2),
)

# optContr(Mods(linear = NULL, linlog = NULL, emax = 0.2, sigEmax = c(0.3, 3), exponential = 0.3, quadratic = -0.85,
#   logistic = c(0.5, 0.1), betaMod = c(1, 1.5), doses = d, addArgs = list(off = 0.1, scal = 1.2)),
#   w = c(30, 20, 20, 20, 30)): rows doses 0 and 0.6
UNEQUAL = {
    0: [
        -0.501078627424,
        -0.6363822100335,
        -0.695746897241,
        -0.524872450908,
        -0.3669688332688,
        -0.681454500463,
        -0.454716384634,
        -0.648843804437,
    ],
    3: [
        0.177687456533,
        0.2786669446346,
        0.309220843218,
        0.372685919377,
        -0.0495304588669,
        0.639185647202,
        0.282600415154,
        0.640141596627,
    ],
}
# The same with S = diag(c(.1, .2, .15, .12, .3)) + 0.02: rows doses 0.05 and 1
GENERAL = {
    1: [
        -0.260065466112,
        -0.2161338754929,
        -0.189576660335,
        -0.283618301568,
        -0.229125739409,
        -0.2081982232256,
        -0.252509786591,
        -0.1751696087724,
    ],
    4: [
        0.492110410623,
        0.3333208221831,
        0.272172300730,
        0.317953419703,
        0.793182225650,
        0.0361855719095,
        0.413415433438,
        -0.0678066727156,
    ],
}


@pytest.mark.validates("design.mcp_mod")
def test_optimal_contrasts_are_dosefindings(reference: References) -> None:
    sizes = compute_optimal_contrasts(EIGHT, doses=DOSES, weights=[30, 20, 20, 20, 30])
    general = compute_optimal_contrasts(EIGHT, doses=DOSES, covariance=np.diag([0.1, 0.2, 0.15, 0.12, 0.3]) + 0.02)

    for found, rows, call in ((sizes, UNEQUAL, "w = c(30, 20, 20, 20, 30)"), (general, GENERAL, "S = S")):
        for dose, values in rows.items():
            for k, expected in enumerate(values):
                reference.holds(
                    f"coefficient of dose {DOSES[dose]:g}, {EIGHT[k].name}, {call}",
                    found.coefficients[k, dose],
                    expected,
                    tolerance=1e-10,
                    source=PROGRAM + f"optContr(models, {call})",
                )


# MCTtest(dose, resp, biom, models = Mods(linear = NULL, emax = 0.2, exponential = 0.3, quadratic = -0.85,
#   logistic = c(0.5, 0.1), doses = c(0, 0.05, 0.2, 0.6, 1)), alpha = 0.025, alternative = "one.sided",
#   mvtcontrol = mvtnorm.control(maxpts = 3e6, abseps = 1e-7)): t statistics, adjusted p-values
BIOM_TESTS = [
    (2.971534345, 0.00515029209919),
    (3.464113437, 0.00117685472329),
    (2.259538311, 0.03192360069529),
    (3.119076160, 0.00336166183216),
    (2.808257709, 0.00812783285342),
]


@pytest.mark.validates("design.mcp_mod")
def test_the_test_for_a_signal_is_dosefindings(reference: References) -> None:
    data = summarize_doses(BIOM_DOSES, BIOM)
    found = compute_mcp_mod(data, FIVE, alpha=0.025, target_effect=0.4)

    source = PROGRAM + 'MCTtest(dose, resp, biom, models, alpha = 0.025, alternative = "one.sided")'
    reference.holds("critical value, biom", found.test.critical.value, 2.36514, tolerance=2e-3, source=source)
    assert found.test.critical.error < 1e-3
    for test, (statistic, p_value) in zip(found.test.tests, BIOM_TESTS, strict=True):
        name = test.candidate.name
        reference.holds(f"t statistic, {name}, biom", test.statistic, statistic, tolerance=1e-7, source=source)
        reference.holds(f"adjusted p, {name}, biom", test.p_value, p_value, tolerance=1.5e-4, source=source)
    assert [test.rejected for test in found.test.tests] == [True, True, False, True, True]
    # MCPMod(dose, resp, biom, models, Delta = 0.4, alpha = 0.025, selModel = "AIC"): "Selected model (AIC): emax"
    assert found.selected is not None
    assert found.selected.model == "emax"
    assert found.target_dose == pytest.approx(0.164236, abs=1e-5)


# fitMod(dose, resp, biom, model = ..., addArgs = list(off = 0.1, scal = 1.2)), default bounds: e0, e1 (for the beta
# model its maximum), RSS, AIC, TD(fit, Delta = 0.4), ED(fit, p = 0.5)
FITS = {
    "linear": (0.492340782153, 0.558605343242, 50.0128197498, 220.498624798, 0.716069054547, 0.5),
    "linlog": (1.000039193900, 0.265677112724, 48.7505878328, 217.94241359, 0.350679822391, 0.231662479036),
    "quadratic": (0.390222160814, 1.768417216702, 48.6419205308, 219.71926019, 0.281312921724, 0.210249064679),
    "emax": (0.321610664090, 0.746298451103, 48.3601358323, 219.138271494, 0.164236488174, 0.110705355854),
    "sig_emax": (0.344897786841, 0.612497034441, 48.2088435964, 220.824936175, 0.152436671141, 0.10786166382),
    "exponential": (0.510905251973, 0.833075664469, 50.3298419216, 223.130506037, 0.784284770473, 0.561859608857),
    "logistic": (0.1690888583633, 0.7728328036332, 48.2107199468, 220.828828228, 0.163630234314, 0.120207117251),
    "beta": (0.329177279729, 0.668983563611, 48.4458360816, 221.315327248, 0.195264251756, 0.138629023565),
}


@pytest.mark.validates("design.mcp_mod")
@pytest.mark.parametrize("model", FITS)
def test_fits_and_doses_are_dosefindings(model: str, reference: References) -> None:
    data = summarize_doses(BIOM_DOSES, BIOM)
    fit = fit_dose_response(data, model, offset=0.1, scale=1.2)

    source = PROGRAM + "fitMod, AIC, TD(Delta = 0.4), ED(p = 0.5) on biom"
    e0, e1, sse, aic, target, ed50 = FITS[model]
    for what, actual, expected, tolerance in (
        ("e0", fit.base, e0, 1e-6),
        ("e1", fit.effect, e1, 1e-6),
        ("RSS", fit.sse, sse, 1e-7),
        ("AIC", fit.aic, aic, 1e-7),
        ("TD(0.4)", fit.target_dose(0.4), target, 5e-6),
        ("ED50", fit.effective_dose(0.5), ed50, 1e-5),
    ):
        assert actual is not None
        reference.holds(f"{what}, {model}, biom", actual, expected, tolerance=tolerance, source=source)


# powMCT(optContr(models, w = n), alpha = 0.05, altModels = models, n = n, sigma = 0.65, alternative = "one.sided",
#   control = mvtnorm.control(maxpts = 3e6, abseps = 1e-7)), models with placEff = 0, maxEff = 0.4
POWERS: dict[tuple[int, ...], list[float]] = {
    (20, 20, 20, 20, 20): [0.698837408015, 0.697657262437, 0.669491240331, 0.587356412812, 0.777800768860],
    (40, 20, 20, 20, 20): [0.762066490855, 0.813910677567, 0.705966779671, 0.694702020906, 0.823023321863],
}


@pytest.mark.validates("design.mcp_mod")
@pytest.mark.parametrize("n", POWERS)
def test_power_is_dosefindings(n: tuple[int, ...], reference: References) -> None:
    found = compute_contrast_power(FIVE, doses=DOSES, n=n, sd=0.65, max_effect=0.4, alpha=0.05)

    for candidate, power, expected in zip(FIVE, found.powers, POWERS[n], strict=True):
        reference.holds(
            f"power, {candidate.name}, n {n}", power.value, expected, tolerance=1.5e-3, source=PROGRAM + "powMCT(...)"
        )
        assert power.error < 1e-3


@pytest.mark.expensive
@pytest.mark.validates("design.mcp_mod")
def test_sample_size_is_dosefindings(reference: References) -> None:
    # sampSizeMCT(upperN = 80, contMat = optContr(models, w = 1), sigma = 0.65, altModels = models, power = 0.8,
    #   alpha = 0.05, alRatio = rep(1, 5), Ntype = "arm", sumFct = mean): 27; sumFct = min: 34
    for of, expected in (("mean", 27), ("least", 34)):
        found = compute_contrast_sample_size(
            FIVE,
            doses=DOSES,
            sd=0.65,
            max_effect=0.4,
            alpha=0.05,
            power=0.8,
            of=of,  # type: ignore[arg-type]
        )
        reference.holds(f"n per dose, {of} power", found.n[0], expected, tolerance=0, source=PROGRAM + "sampSizeMCT")


def test_guesstimates_are_dosefindings() -> None:
    # guesst(0.2, 0.5, "emax"); guesst(c(0.2, 0.6), c(0.3, 0.8), "sigEmax"), "logistic"; guesst(0.3, 0.6, "quadratic")
    assert compute_guesstimate("emax", [0.2], [0.5]).parameters == pytest.approx((0.2,), rel=1e-12)
    found = compute_guesstimate("sig_emax", [0.2, 0.6], [0.3, 0.8]).parameters
    assert found == pytest.approx((0.303404952097, 2.033103256304), rel=1e-11)
    found = compute_guesstimate("logistic", [0.2, 0.6], [0.3, 0.8]).parameters
    assert found == pytest.approx((0.351737251272, 0.179083718213), rel=1e-11)
    assert compute_guesstimate("quadratic", [0.3], [0.6]).parameters == pytest.approx((-0.612574113277,), rel=1e-11)
    # guesst(0.5, 0.3, "exponential", Maxd = 1) gives 0.590106878647 by a search; exactly 1 / (2 log(7 / 3)):
    # with x = exp(0.5 / delta), (x - 1) / (x^2 - 1) = 1 / (x + 1) = 0.3
    exact = 1 / (2 * math.log(7 / 3))
    assert compute_guesstimate("exponential", [0.5, 1], [0.3]).parameters == pytest.approx((exact,), rel=1e-9)


def test_the_largest_of_one_and_of_independent_statistics_is_known() -> None:
    one = MaximumOfT(np.eye(1), 10.0)
    assert one.critical_value(0.05).value == pytest.approx(1.8124611228, abs=1e-4)  # t(10) table
    three = MaximumOfT(np.eye(3), math.inf)
    # 1 - Phi(c)^3 = 0.05: c = Phi^-1(0.95^(1/3)) = 2.1212014
    assert three.critical_value(0.05).value == pytest.approx(2.1212014, abs=1e-3)


@pytest.mark.parametrize(("means", "expected"), [((0.0,) * 5, 0.05), (None, 0.6973)])
def test_simulated_signals_have_the_computed_probability(means: tuple[float, ...] | None, expected: float) -> None:
    trial = McpModTrial(candidates=FIVE, doses=DOSES, n=(20,) * 5, sd=0.65, alpha=0.05, target_effect=0.3)
    true = means or tuple(FIVE[1].compute_means(DOSES, placebo_effect=0.0, max_effect=0.4).tolist())
    found = simulate_mcp_mod(trial, true, rng=np.random.default_rng(20), trials=1000)

    assert found.rejected.value is not None
    assert found.rejected.standard_error is not None
    assert abs(found.rejected.value - expected) <= 3 * found.rejected.standard_error
    assert sum(estimate.value or 0 for _, estimate in found.selected) == pytest.approx(found.rejected.value)


@pytest.mark.expensive
def test_the_type_one_error_holds_in_many_trials() -> None:
    # Seed 21, 20,000 trials of unequal groups.
    trial = McpModTrial(candidates=FIVE, doses=DOSES, n=(20, 10, 10, 10, 20), sd=1.0, alpha=0.025, target_effect=0.3)
    found = simulate_mcp_mod(trial, (1.0,) * 5, rng=np.random.default_rng(21), trials=20_000).rejected

    assert found.value is not None
    assert found.standard_error is not None
    assert abs(found.value - 0.025) <= 3 * found.standard_error
    # Each contrast at 0.025, not adjusted for the five, inflates the error: the test can fail.
    naive = MaximumOfT(compute_optimal_contrasts(FIVE, doses=DOSES, weights=trial.n).correlation, 65.0)
    assert naive.exceeds(1.997).value > 0.025 + 3 * found.standard_error


def test_the_bootstrap_interval_holds_the_dose_and_is_repeatable() -> None:
    data = summarize_doses(BIOM_DOSES, BIOM)
    found = [
        compute_mcp_mod(data, FIVE, alpha=0.025, target_effect=0.4, rng=np.random.default_rng(3), resamples=200)
        for _ in range(2)
    ]

    assert found[0].interval == found[1].interval
    interval = found[0].interval
    assert interval is not None
    assert interval.lower is not None
    assert found[0].target_dose is not None
    assert interval.lower < found[0].target_dose
    assert sum(found[0].weights) == pytest.approx(1.0)
    assert found[0].averaged_target_dose is not None


def test_without_a_signal_there_is_no_dose() -> None:
    data = summarize_doses([0, 0, 0, 1, 1, 1, 2, 2, 2], [1, 2, 3, 1, 2, 3, 1, 2, 3])
    found = compute_mcp_mod(data, [DoseResponse(model="linear")], alpha=0.025, target_effect=1)

    assert not found.test.rejected
    assert found.selected is None
    assert found.target_dose is None


def test_requests_that_cannot_be_are_refused_with_a_way_out() -> None:
    emax = DoseResponse(model="emax", parameters=(0.2,))
    with pytest.raises(DesignError, match=r"model 'cubic' is not known. Known are: linear"):
        DoseResponse(model="cubic")
    with pytest.raises(DesignError, match=r"parameters of sig_emax must be 2 \(ed50, h\)"):
        DoseResponse(model="sig_emax", parameters=(1.0,))
    with pytest.raises(DesignError, match="linlog needs offset above 0"):
        DoseResponse(model="linlog")
    with pytest.raises(DesignError, match=r"scale of beta .* must be above the highest dose"):
        compute_optimal_contrasts([DoseResponse(model="beta", parameters=(1, 1), scale=1.0)], doses=DOSES)
    with pytest.raises(DesignError, match="doses must start with 0"):
        compute_optimal_contrasts([emax], doses=(1, 2, 3))
    with pytest.raises(DesignError, match="candidates is empty"):
        compute_optimal_contrasts([], doses=DOSES)
    with pytest.raises(DesignError, match="covariance is not positive definite"):
        compute_optimal_contrasts([emax], doses=DOSES, covariance=np.ones((5, 5)))
    with pytest.raises(DesignError, match="No size of at most n_max = 4 subjects per dose"):
        compute_contrast_sample_size([emax], doses=DOSES, sd=1, max_effect=0.1, alpha=0.05, power=0.9, n_max=4)
    with pytest.raises(DesignError, match="target_effect must be above 0"):
        compute_mcp_mod(summarize_doses(BIOM_DOSES, BIOM), [emax], alpha=0.05, target_effect=-0.4)
    with pytest.raises(DesignError, match="sig_emax has 4 parameters, but there are only 3 doses"):
        fit_dose_response(summarize_doses([0, 0, 1, 1, 2, 2], [1, 2, 3, 4, 5, 6]), "sig_emax")
    with pytest.raises(DesignError, match="do not vary within doses"):
        summarize_doses([0, 0, 1, 1], [1, 1, 2, 2])
