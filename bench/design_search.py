"""Search through designs of a trial with a time to an event, and print what it took as JSON.

    python -m bench.design_search [--candidates N] [--trials N] [--workers N]

500 subjects at most, log-rank tests, five scenarios: as planned, a smaller effect, a delayed effect, slower enrollment
with dropouts, and no effect. `search` is CPU-seconds of the whole search, verification included, on all processes,
`wall` seconds until it is done, the start of the processes included; `front` shows that the work was done.
"""

from __future__ import annotations

import argparse
import json
import os
import time

from trialwright.design.definition import (
    CostModel,
    CostPart,
    DesignArm,
    DesignDefinition,
    DesignEndpoint,
    DesignScenario,
    DesignTest,
    SiteGroup,
    TrialDesign,
)
from trialwright.design.search import Objective, SearchSpace, optimize_design
from trialwright.design.sequential import HwangShihDeCani, KimDeMets, LanDeMetsOBrienFleming, LanDeMetsPocock
from trialwright.design.simulation import TimeToEvent, constant_rate, hazard_of_median, proportional_hazard
from trialwright.execution import Processes

CONTROL = hazard_of_median(12)


def scenario(
    id: str, hazard_ratio: float, *, delay: float = 0.0, dropout: float = 0.002, enrollment_factor: float = 1.0
) -> DesignScenario:
    """Hazards in proportion after a delay; dropouts at a constant hazard."""
    outcome = TimeToEvent(
        hazards=(CONTROL, proportional_hazard(CONTROL, hazard_ratio=hazard_ratio, delay=delay)),
        dropout_hazards=(constant_rate(dropout),) * 2,
    )
    return DesignScenario(id=id, label=id, outcomes={"death": outcome}, enrollment_factor=enrollment_factor)


BASE = TrialDesign(
    id="base",
    label="Three looks",
    endpoint="death",
    subjects=500,
    events=300,
    allocation=(1, 1),
    information_fractions=(0.5, 0.75, 1.0),
    efficacy=LanDeMetsOBrienFleming(),
)
DEFINITION = DesignDefinition(
    title="Benchmark",
    time_unit="months",
    arms=(DesignArm(id="C", name="Control"), DesignArm(id="E", name="Experimental")),
    endpoints=(DesignEndpoint(id="death", label="Death", kind="time_to_event"),),
    test=DesignTest(alpha=0.025, sided=1, target_power=0.9, comparisons=("E",)),
    scenarios=(
        scenario("planned", 0.7),
        scenario("smaller", 0.78),
        scenario("delayed", 0.65, delay=3.0),
        scenario("slower", 0.7, dropout=0.01, enrollment_factor=0.7),
        scenario("none", 1.0),
    ),
    sites=(
        SiteGroup(id="near", label="Near", sites=30, rate=0.5, last_opening=6.0),
        SiteGroup(id="far", label="Far", sites=20, rate=0.6, first_opening=3.0, last_opening=9.0),
    ),
    designs={"base": BASE},
    chosen="base",
    cost=CostModel(
        currency="kEUR",
        parts=(
            CostPart(id="site", label="Sites", per="site", amount=40),
            CostPart(id="subject", label="Subjects", per="subject", amount=20),
            CostPart(id="followup", label="Follow-up", per="subject_time", amount=0.8),
            CostPart(id="time", label="Management", per="time", amount=60),
        ),
    ),
)
SPACE = SearchSpace(
    base=BASE,
    subjects=tuple(range(360, 501, 20)),
    events=tuple(range(220, 341, 20)),
    allocation=((1, 1), (2, 3), (1, 2)),
    information_fractions=((1.0,), (0.6, 1.0), (0.5, 0.75, 1.0), (0.4, 0.6, 0.8, 1.0)),
    efficacy=(LanDeMetsOBrienFleming(), LanDeMetsPocock(), KimDeMets(rho=2.0)),
    futility=(None, HwangShihDeCani(gamma=-2.0), KimDeMets(rho=3.0)),
    sites={"near": (20, 30, 40), "far": (0, 20, 40)},
)
OBJECTIVES = (
    Objective(measure="power", sense="maximize", at_least=0.8),
    Objective(measure="expected_duration", sense="minimize"),
    Objective(measure="expected_cost", sense="minimize"),
)


def cpu_seconds() -> float:
    """Of this process, and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=200)
    parser.add_argument("--trials", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    # The kernel is compiled before the clock starts.
    optimize_design(DEFINITION, SPACE, OBJECTIVES, candidates=2, trials=1, verify_trials=1, seed=1)
    cpu, wall = cpu_seconds(), time.perf_counter()
    with Processes(arguments.workers) as execution:
        search = optimize_design(
            DEFINITION,
            SPACE,
            OBJECTIVES,
            candidates=arguments.candidates,
            trials=arguments.trials,
            verify_trials=5 * arguments.trials,
            seed=2026,
            execution=execution,
        )
    figures = {
        "search": round(cpu_seconds() - cpu, 2),
        "wall": round(time.perf_counter() - wall, 2),
        "candidates": len(search.candidates) + len(search.impossible),
        "impossible": len(search.impossible),
        "trials": arguments.trials,
        "space": search.space_size,
        "feasible": sum(search.is_feasible),
        "front": len(search.front),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
