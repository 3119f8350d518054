"""Published scales as data: items, ranges, subscales. Only the arithmetic: no texts of items.

None of them allows missing items here: how many may be missing, and what they count as, is said by the protocol or the
analysis plan of a study, and belongs into its specification.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trialwright.derivation.functions.questionnaires import Item, Scale


def _items(codes: Sequence[str], highest: float | Sequence[float]) -> tuple[Item, ...]:
    limits = highest if isinstance(highest, Sequence) else [highest] * len(codes)
    return tuple(Item(codes=tuple(code.split("|")), highest=limit) for code, limit in zip(codes, limits, strict=True))


def _numbered(prefix: str, numbers: Sequence[int]) -> list[str]:
    return [f"{prefix}{number:02d}" for number in numbers]


_HAMA = "Hamilton M. The assessment of anxiety states by rating. Br J Med Psychol 1959;32:50-55"
_NPI = "Cummings JL et al. The Neuropsychiatric Inventory. Neurology 1994;44:2308-2314"

#: Scales by name. Codes of items are those of CDISC controlled terminology where it has them (HAMA1, PHQ01, GAD01,
#: HAMD1); ADAS-Cog and NPI have those of the CDISC pilot. A specification may give others.
SCALES: Mapping[str, Scale] = {
    "adas_cog_11": Scale(
        code="ACTOT",
        label="ADAS-Cog(11) Total Score",
        # Word recall, naming, commands, constructional and ideational praxis, orientation, word recognition, spoken
        # language, comprehension, word finding, recall of instructions: 0 to 70, higher is worse.
        items=_items(_numbered("ACITM", [1, 2, 4, 5, 6, 7, 8, 11, 12, 13, 14]), [10, 5, 5, 5, 5, 8, 12, 5, 5, 5, 5]),
        source="Rosen WG, Mohs RC, Davis KL. Am J Psychiatry 1984;141:1356-1364",
    ),
    "hama": Scale(
        code="HAMATOT", label="HAM-A Total Score", items=_items(_numbered("HAMA1", range(1, 15)), 4), source=_HAMA
    ),
    "hama_psychic": Scale(
        code="HAMAPSY",
        label="HAM-A Psychic Anxiety",
        items=_items(_numbered("HAMA1", [1, 2, 3, 4, 5, 6, 14]), 4),
        source=_HAMA,
    ),
    "hama_somatic": Scale(
        code="HAMASOM",
        label="HAM-A Somatic Anxiety",
        items=_items(_numbered("HAMA1", range(7, 14)), 4),
        source=_HAMA,
    ),
    "hamd_17": Scale(
        code="HAMDTOT",
        label="HAM-D(17) Total Score",
        # Weight loss is rated in one of two forms: by history (16A) or as measured (16B).
        items=_items(
            [*_numbered("HAMD1", range(1, 16)), "HAMD116A|HAMD116B", "HAMD117"],
            [4, 4, 4, 2, 2, 2, 4, 4, 4, 4, 4, 2, 2, 2, 4, 2, 2],
        ),
        source="Hamilton M. J Neurol Neurosurg Psychiatry 1960;23:56-62; agitation 0 to 4, as in the form of HAMD1",
    ),
    "phq_9": Scale(
        code="PHQ9TOT",
        label="PHQ-9 Total Score",
        items=_items(_numbered("PHQ01", range(1, 10)), 3),
        source="Kroenke K, Spitzer RL, Williams JBW. J Gen Intern Med 2001;16:606-613",
    ),
    "gad_7": Scale(
        code="GAD7TOT",
        label="GAD-7 Total Score",
        items=_items(_numbered("GAD01", range(1, 8)), 3),
        source="Spitzer RL et al. Arch Intern Med 2006;166:1092-1097",
    ),
    # Each item is frequency (1 to 4) x severity (1 to 3), 0 if the behavior is absent.
    "npi_10": Scale(
        code="NPI10TOT",
        label="NPI(10) Total Score",
        items=_items([f"{code}S" for code in _numbered("NPITM", range(1, 11))], 12),
        source=_NPI,
    ),
    "npi_12": Scale(
        code="NPI12TOT",
        label="NPI(12) Total Score",
        items=_items([f"{code}S" for code in _numbered("NPITM", range(1, 13))], 12),
        source=_NPI,
    ),
}
