"""Column widths, font sizes and turned pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialwright.documents import (
    AuthorQuery,
    Block,
    FactTable,
    Heading,
    ListBlock,
    ListOfCaptions,
    PageBreak,
    Paragraph,
    SectionBreak,
)
from trialwright.documents._arrangement import arrange, leads_on, orientations
from trialwright.documents._docx_tables import _PADDING, fact_table_height
from trialwright.documents._table_layout import (
    LANDSCAPE_WIDTH,
    PORTRAIT_WIDTH,
    ColumnNeed,
    column_need,
    fit_table,
    needs_landscape,
)
from trialwright.inlines import Text

needs = st.lists(
    st.tuples(st.floats(1, 20), st.floats(0, 80)).map(lambda pair: ColumnNeed(least=pair[0], natural=sum(pair))),
    min_size=1,
    max_size=30,
)


@given(needs, st.lists(st.floats(0.1, 10), max_size=30))
def test_columns_fill_the_page_exactly(columns: list[ColumnNeed], shares: list[float]) -> None:
    fit = fit_table(columns, PORTRAIT_WIDTH, shares=shares)
    assert sum(fit.widths) == PORTRAIT_WIDTH
    assert all(width > 0 for width in fit.widths)


@given(needs)
def test_no_word_is_broken_where_there_is_room(columns: list[ColumnNeed]) -> None:
    fit = fit_table(columns, LANDSCAPE_WIDTH)
    if fit.is_whole:
        for need, width in zip(columns, fit.widths, strict=True):
            # 0.53 em a letter, 20 twips a point, 130 twips of margins; a twip is lost in rounding.
            assert width + 1 >= need.least * fit.font_size * 10.6 + 130


def test_a_number_with_its_percentage_is_one_word() -> None:
    assert column_need(["12 (14.0%)"]).least == 10
    assert column_need(["Xanomeline Low Dose"]).least == 10
    assert column_need(["ANY BODY SYSTEM"]).natural == 15 * 1.2


def test_letters_shrink_only_as_far_as_they_must() -> None:
    assert fit_table([ColumnNeed(least=10, natural=10)] * 8, PORTRAIT_WIDTH).font_size == 9.0
    assert fit_table([ColumnNeed(least=10, natural=10)] * 9, PORTRAIT_WIDTH).font_size == 8.0
    crowded = fit_table([ColumnNeed(least=30, natural=30)] * 12, PORTRAIT_WIDTH)
    assert (crowded.font_size, crowded.is_whole) == (6.0, False)
    assert needs_landscape([ColumnNeed(least=10, natural=10)] * 12)
    assert not needs_landscape([ColumnNeed(least=10, natural=10)] * 8)


def test_wished_shares_give_way_to_long_words() -> None:
    fit = fit_table([ColumnNeed(least=5, natural=5), ColumnNeed(least=20, natural=20)], 4000, shares=(9, 1))
    assert fit.widths[1] >= 20 * 9 * 10.6
    assert sum(fit.widths) == 4000


HEADING = Heading(level=2, number="14.1", inlines=(Text("Data"),), anchor="data")
LEAD = Paragraph(inlines=(Text("This section presents a table."),))
LONG = Paragraph(inlines=(Text("word " * 100),))
TABLE = ListOfCaptions(kind="table")  # stands for any block that is neither heading nor text
PAGE, TURN, BACK = PageBreak(), SectionBreak(is_landscape=True), SectionBreak(is_landscape=False)


@pytest.mark.parametrize(
    ("blocks", "arranged"),
    [
        ((TABLE, HEADING, LEAD, PAGE, TABLE), (TABLE, PAGE, HEADING, LEAD, TABLE)),
        ((TABLE, PAGE, HEADING, LEAD, PAGE, TABLE), (TABLE, PAGE, HEADING, LEAD, TABLE)),
        ((TABLE, BACK, HEADING, LEAD, TURN, TABLE), (TABLE, TURN, HEADING, LEAD, TABLE)),
        ((TABLE, PAGE, TABLE), (TABLE, PAGE, TABLE)),
        ((HEADING, LONG, PAGE, TABLE), (HEADING, LONG, PAGE, TABLE)),
        ((HEADING, LEAD, PAGE, HEADING), (HEADING, LEAD, PAGE, HEADING)),
        ((TABLE, TURN, PAGE, TABLE), (TABLE, TURN, TABLE)),
        ((TABLE, PAGE, TURN, TABLE), (TABLE, TURN, TABLE)),
    ],
)
def test_a_break_does_not_part_a_heading_from_its_table(blocks: tuple[Block, ...], arranged: tuple[Block, ...]) -> None:
    assert arrange(blocks) == arranged


@pytest.mark.parametrize(
    ("text", "set_as"),
    [
        ("12 (  9%)", "12 (\u2007\u20079%)"),
        ("21.0 (  5; 6)", "21.0 (\u2007\u20075;\u20076)"),
        ("0.96 (0.88, 0.99)", "0.96 (0.88, 0.99)"),
        ("30 (-28,  43)", "30 (-28, \u200743)"),
    ],
)
def test_only_spaces_that_pad_a_number_are_as_wide_as_a_digit(text: str, set_as: str) -> None:
    assert _PADDING.sub(lambda found: "\u2007" * len(found[0]), text) == set_as


def test_a_lead_stays_with_what_it_introduces() -> None:
    lead = Paragraph(inlines=(Text("Primary endpoints of the study:"),))
    long = Paragraph(inlines=(Text("word " * 200),))
    items = ListBlock(items=((Text("one"),),))
    assert leads_on(lead, items)
    assert leads_on(lead, ListOfCaptions(kind="table"))
    assert leads_on(Paragraph(inlines=(Text("From the protocol"),), style="note"), long)
    assert not leads_on(long, items)
    assert not leads_on(lead, lead)
    assert not leads_on(lead, AuthorQuery(id="q", question="?"))
    assert not leads_on(lead, None)


def schedule(rows: int) -> FactTable:
    """A schedule of activities of many visits, so wide that its page must turn."""
    cells = (((Text("Activity of the study"),),), *((((Text("Screening12"),),),) * 16))
    return FactTable(rows=(cells,) * rows, caption=(Text("Schedule"),), anchor="schedule", is_small=True)


def test_a_lead_turns_with_its_table_unless_the_table_takes_the_page() -> None:
    lead: tuple[Block, ...] = (
        Heading(level=2, number="9.5", inlines=(Text("Variables"),), anchor="h"),
        Paragraph(inlines=(Text("The schedule is given below."),)),
    )
    page = next(rows for rows in range(1, 200) if fact_table_height(schedule(rows), LANDSCAPE_WIDTH) > 440)

    assert orientations((*lead, schedule(5))) == [True, True, True]
    assert orientations((*lead, schedule(page))) == [False, False, True]
    assert orientations((*lead, schedule(3 * page))) == [True, True, True]
