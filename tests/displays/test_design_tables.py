"""Decision tables as displays: each cell refers to a row of the table of results."""

from __future__ import annotations

from trialwright.design.early import compute_boin_design, results_of_decisions, show_decisions
from trialwright.displays import render_html, render_rtf
from trialwright.displays.design_tables import compose_decisions


def test_a_decision_table_is_a_display_whose_cells_are_results() -> None:
    decisions = show_decisions(compute_boin_design(target=0.3, n_max=18), cohort_size=3)
    results = results_of_decisions(decisions, name="boin")

    table = compose_decisions(decisions, results, name="boin", id="T-1", population="Dose-escalation set")

    # Liu S, Yuan Y. JRSS C 2015;64:507-523: escalate at a rate of at most 0.236, de-escalate from 0.358
    shown = [[row.label.text, *(cell.text for cell in row.cells)] for row in table.rows]
    assert shown[0] == ["3", "0", "2", "3"]
    assert shown[1][:3] == ["6", "1", "3"]
    assert all(ref.result_id in results for row in table.rows for cell in (row.label, *row.cells) for ref in cell.refs)
    assert "Dose escalation by BOIN" in render_html(table)
    assert render_rtf(table)
