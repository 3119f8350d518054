"""Decision tables as they are shown."""

from __future__ import annotations

import pytest

from trialwright.design.early import (
    EscalationExpansionDesign,
    ExpansionLook,
    ExpansionRule,
    TableEscalation,
    ThreePlusThreeEscalation,
    compute_boin12_design,
    compute_boin_design,
    compute_tite_boin_table,
    compute_toxicity_monitoring,
    show_decisions,
    show_escalation_expansion,
)
from trialwright.errors import DesignError


def test_a_boin_table_is_shown_by_cohorts() -> None:
    shown = show_decisions(compute_boin_design(target=0.3, n_max=9), cohort_size=3)

    assert shown.title == "Dose escalation by BOIN, target DLT probability 0.3"
    # As the R package BOIN has them (case boin.bound.0.3).
    assert shown.rows == (("3", "0", "2", "3"), ("6", "1", "3", "4"), ("9", "2", "4", "5"))
    assert shown.notes


def test_tables_have_a_cell_for_each_column() -> None:
    boin = compute_boin_design(target=0.2, n_max=9)
    rule = ExpansionRule(method="one look", looks=(ExpansionLook(n=9, futile_at_most=2, active_at_least=3),))
    toxicity = compute_toxicity_monitoring(limit=0.3, n_max=9, prior=(0.3, 0.7))
    design = EscalationExpansionDesign(
        escalation=TableEscalation(table=boin.table, cohorts=3, cohort_size=3), expansion=rule, toxicity=toxicity
    )
    displays = (
        show_decisions(compute_tite_boin_table(boin)),
        show_decisions(compute_boin12_design(toxicity_limit=0.35, response_limit=0.25, n_max=9), cohort_size=3),
        show_decisions(ThreePlusThreeEscalation(levels=3)),
        *show_escalation_expansion(design, cohort_size=3),
    )
    assert len(displays) == 6
    for display in displays:
        assert display.rows
        assert {len(row) for row in display.rows} == {len(display.columns)}
    assert ("9", "1", "3", "by follow-up", "0.77", "-") in displays[0].rows
    assert ("6", "1", "5", "70") not in displays[1].rows
    assert ("6", "1", "5", "87") in displays[1].rows
    assert ("9", "4", "0", "E") in displays[1].rows


def test_what_has_no_table_is_refused() -> None:
    with pytest.raises(DesignError, match="A str has no decision table"):
        show_decisions("BOIN")
