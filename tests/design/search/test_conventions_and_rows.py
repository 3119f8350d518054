"""What is said of compared designs: conventions that apply, and rows of what each design is made of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.design.search.definitions import ONE_OF_EACH, normal_definition

from trialwright.design.definition import EffectPrior, design_facts
from trialwright.design.search import compare_designs, results_of_comparison
from trialwright.design.search.conventions import conventions_of


def test_conventions_tell_only_of_what_a_definition_has() -> None:
    everything = normal_definition(0.0, 5.0, 5.0, multiplicity="holm", sided=2)
    everything = replace(everything, cost=ONE_OF_EACH, prior=EffectPrior(mean=5, sd=2))
    bare = normal_definition(0.0, 5.0)
    bare = replace(bare, cost=None, prior=None, designs={"fixed": bare.designs["fixed"]})

    much, little = " ".join(conventions_of(everything)), " ".join(conventions_of(bare))

    for words in ("two-sided", "goes to the others", "given up for good", "cost by site", "by the prior"):
        assert words in much
        assert words not in little
    assert "of the sequence has" not in much + little
    assert "candidates" not in much
    assert "candidates" in " ".join(conventions_of(bare, of_search=True))


@pytest.mark.parametrize("sided", [1, 2])
def test_nominal_p_values_have_the_sides_of_the_test(sided: int) -> None:
    definition = normal_definition(0.0, 5.0, sided=1 if sided == 1 else 2)

    rows = results_of_comparison(compare_designs(definition, trials=100, seed=1))
    final = rows.find("design.bounds", "efficacy_p", groups={"DESIGN": "fixed", "LOOK": "1"})

    # The p-value at the bound of a single look is the level.
    assert final is not None
    assert final.stat == pytest.approx(0.025, rel=1e-9)
    assert design_facts(definition)["design/designs/fixed/looks/1/efficacy_p"] == "0.0250"


def test_what_a_design_is_made_of_has_rows() -> None:
    definition = normal_definition(0.0, 5.0)
    wide = replace(definition.designs["fixed"], id="wide", allocation=(1, 2), sites={definition.sites[0].id: 7})
    definition = replace(definition, designs={**definition.designs, "wide": wide})

    rows = results_of_comparison(compare_designs(definition, trials=100, seed=1))
    found = {
        name: rows.find("design.choice", name, groups={"DESIGN": "wide"})
        for name in ("allocation", "sites", "endpoint")
    }

    assert found["allocation"] is not None
    assert found["allocation"].stat_text == "1:2"
    assert found["sites"] is not None
    assert found["sites"].stat == 7
    assert found["endpoint"] is None, "there is one endpoint alone"
