"""CPU time of a three-look spending design with futility, warm: `python bench/group_sequential.py`."""

from __future__ import annotations

import time

from trialwright.design.sequential import (
    HwangShihDeCani,
    LanDeMetsOBrienFleming,
    compute_group_sequential_design,
)


def measure_design(*, is_binding: bool, repetitions: int = 300) -> float:
    """Mean CPU seconds of a design after the first."""

    def make() -> None:
        compute_group_sequential_design(
            efficacy=LanDeMetsOBrienFleming(),
            futility=HwangShihDeCani(gamma=-2.0),
            futility_is_binding=is_binding,
            alpha=0.025,
            sided=1,
            power=0.9,
            looks=3,
        )

    make()
    start = time.process_time()
    for _ in range(repetitions):
        make()
    return (time.process_time() - start) / repetitions


if __name__ == "__main__":
    for is_binding in (False, True):
        name = "binding" if is_binding else "non-binding"
        milliseconds = 1e3 * measure_design(is_binding=is_binding)
        print(f"three looks, O'Brien-Fleming spending, {name} futility: {milliseconds:.2f} ms")
