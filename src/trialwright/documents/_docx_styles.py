"""The looks of a report in Word: styles and list numbering, as parts of the package."""

# ruff: noqa: E501 - markup broken over lines cannot be read

from __future__ import annotations

from trialwright.documents._ooxml import W
from trialwright.documents._table_layout import FONT_SIZES

_BODY_FONT = "Times New Roman"
_SANS_FONT = "Arial"
_INK = "1F2A44"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def table_text_style(size: float) -> str:
    """Style of table text at a font size in points."""
    return f"TableText{round(size)}"


def _fonts(name: str) -> str:
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}"/>'


def _size(points: float) -> str:
    return f'<w:sz w:val="{round(points * 2)}"/><w:szCs w:val="{round(points * 2)}"/>'


def _style(
    identifier: str,
    name: str,
    *,
    paragraph: str = "",
    run: str = "",
    based_on: str = "Normal",
    following: str = "",
    kind: str = "paragraph",
    extra: str = "",
    is_default: bool = False,
    is_quick: bool = True,
    priority: int = 99,
) -> str:
    based = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    after = f'<w:next w:val="{following}"/>' if following else ""
    quick = "<w:qFormat/>" if is_quick else ""
    default = ' w:default="1"' if is_default else ""
    return (
        f'<w:style w:type="{kind}"{default} w:styleId="{identifier}"><w:name w:val="{name}"/>{based}{after}'
        f'<w:uiPriority w:val="{priority}"/>{quick}'
        + (f"<w:pPr>{paragraph}</w:pPr>" if paragraph else "")
        + (f"<w:rPr>{run}</w:rPr>" if run else "")
        + f"{extra}</w:style>"
    )


def _spacing(before: float, after: float, line: int = 0) -> str:
    lines = f' w:line="{line}" w:lineRule="auto"' if line else ""
    return f'<w:spacing w:before="{round(before * 20)}" w:after="{round(after * 20)}"{lines}/>'


def _heading(level: int) -> str:
    size = {1: 15, 2: 13, 3: 12, 4: 11.5}.get(level, 11)
    before = {1: 24, 2: 18, 3: 14}.get(level, 12)
    hanging = 1134 if level > 3 else 851
    italic = "<w:i/>" if level > 5 else ""
    return _style(
        f"Heading{level}",
        f"heading {level}",
        paragraph=f'<w:keepNext/><w:keepLines/><w:tabs><w:tab w:val="left" w:pos="{hanging}"/></w:tabs>'
        f'{_spacing(before, 6)}<w:ind w:left="{hanging}" w:hanging="{hanging}"/><w:outlineLvl w:val="{level - 1}"/>',
        run=f'{_fonts(_SANS_FONT)}<w:b/>{italic}<w:color w:val="{_INK}"/>{_size(size)}',
        following="BodyText",
        priority=9,
    )


def _contents(level: int) -> str:
    number = {1: 567, 2: 680, 3: 851}.get(level, 1134)
    left = (0, 0, 284, 567, 851, 1134, 1134, 1134, 1134, 1134)[level]
    bold = "<w:b/>" if level == 1 else ""
    return _style(
        f"TOC{level}",
        f"toc {level}",
        paragraph=f'<w:tabs><w:tab w:val="left" w:pos="{left + number}"/><w:tab w:val="right" w:leader="dot" w:pos="9354"/></w:tabs>'
        f'{_spacing(6 if level == 1 else 1, 1)}<w:ind w:left="{left + number}" w:hanging="{number}"/>',
        run=f"{_fonts(_SANS_FONT)}{bold}{_size(10)}",
        is_quick=False,
        priority=39,
    )


def _paragraph_styles() -> list[str]:
    sans = _fonts(_SANS_FONT)
    dark = f'<w:color w:val="{_INK}"/>'
    caption = f"<w:keepNext/><w:keepLines/>{_spacing(14, 3)}"
    styles = [
        _style("Normal", "Normal", based_on="", paragraph="", is_default=True, priority=0),
        _style("BodyText", "Body Text", paragraph=_spacing(0, 8, 264), priority=1),
        _style("Title", "Title", paragraph=f'{_spacing(60, 12)}<w:jc w:val="center"/>',
               run=f"{sans}<w:b/>{dark}{_size(20)}", following="Subtitle", priority=10),
        _style("Subtitle", "Subtitle", paragraph=f'{_spacing(6, 6)}<w:jc w:val="center"/>',
               run=f"{sans}{dark}{_size(13)}", following="BodyText", priority=11),
        _style("Note", "Note", paragraph=f'<w:keepNext/><w:pBdr><w:left w:val="single" w:sz="18" w:space="8" w:color="7A8BB0"/></w:pBdr>'
               f'{_spacing(4, 8, 252)}<w:ind w:left="227"/>', run=_size(11)),
        _style("ContentsHeading", "Contents Heading", paragraph=f"<w:keepNext/>{_spacing(16, 6)}",
               run=f"{sans}<w:b/>{dark}{_size(12)}", following="BodyText"),
        _style("Centered", "Centered", paragraph=f'{_spacing(0, 8)}<w:jc w:val="center"/>'),
        _style("Small", "Small", paragraph=_spacing(0, 4), run=_size(10)),
        _style("Caption", "caption", paragraph=caption, run=f"{sans}<w:b/>{dark}{_size(10)}",
               following="BodyText", priority=35),
        _style("CaptionTable", "Caption Table", based_on="Caption"),
        _style("CaptionFigure", "Caption Figure", based_on="Caption"),
        _style("CaptionListing", "Caption Listing", based_on="Caption"),
        _style("DisplayPopulation", "Display Population", paragraph=f"<w:keepNext/><w:keepLines/>{_spacing(0, 4)}",
               run=f"{sans}{_size(9)}"),
        _style("TableNote", "Table Note", paragraph=f'<w:keepLines/>{_spacing(2, 0)}', run=f"{sans}{_size(8)}"),
        _style("AfterTable", "After Table", paragraph='<w:spacing w:before="0" w:after="120" w:line="120" w:lineRule="exact"/>',
               run=_size(4), is_quick=False),
        _style("FigurePlace", "Figure Place", paragraph=f'<w:keepNext/>{_spacing(4, 4)}<w:jc w:val="center"/>'),
        _style("AuthorQuery", "Author Query",
               paragraph='<w:keepLines/><w:pBdr>'
               + "".join(f'<w:{side} w:val="single" w:sz="6" w:space="4" w:color="B7791F"/>' for side in ("top", "left", "bottom", "right"))
               + f'</w:pBdr><w:shd w:val="clear" w:color="auto" w:fill="FFF6DB"/>{_spacing(6, 10)}<w:ind w:left="113" w:right="113"/>',
               run=f"{sans}{_size(9.5)}"),
        _style("ListBullet", "List Bullet", paragraph=f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>{_spacing(0, 4, 252)}'),
        _style("ListNumber", "List Number", paragraph=f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="2"/></w:numPr>{_spacing(0, 4, 252)}'),
        _style("Header", "header", paragraph='<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="4" w:color="9AA5BD"/></w:pBdr>',
               run=f'{sans}<w:color w:val="4A5673"/>{_size(8.5)}', is_quick=False),
        _style("Footer", "footer", paragraph='<w:pBdr><w:top w:val="single" w:sz="4" w:space="4" w:color="9AA5BD"/></w:pBdr>',
               run=f'{sans}<w:color w:val="4A5673"/>{_size(8.5)}', is_quick=False),
        _style("TableofFigures", "table of figures",
               paragraph=f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="9354"/></w:tabs>{_spacing(1, 1)}<w:ind w:left="1701" w:hanging="1701"/>',
               run=f"{sans}{_size(10)}", is_quick=False),
    ]  # fmt: skip
    for size in FONT_SIZES:
        text = f"{sans}{_size(size)}"
        styles += [_style(table_text_style(size), f"Table Text {round(size)}", paragraph=_spacing(1.2, 1.2), run=text)]
    return styles


def _table_styles() -> list[str]:
    def borders(*, inner: str) -> str:
        return (
            '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="000000"/>'
            f'<w:bottom w:val="single" w:sz="8" w:space="0" w:color="000000"/>{inner}</w:tblBorders>'
            '<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="60" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/>'
            '<w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        )

    lines = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="BFC6D6"/>' for side in ("insideH", "insideV")
    )
    normal = (
        '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/>'
        '<w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    )
    return [
        _style("TableNormal", "Normal Table", kind="table", based_on="", extra=normal, is_default=True, is_quick=False),
        _style("ResultsTable", "Results Table", kind="table", based_on="TableNormal", extra=borders(inner="")),
        _style("FactsTable", "Facts Table", kind="table", based_on="TableNormal", extra=borders(inner=lines)),
    ]


def styles_part(language: str) -> str:
    """`word/styles.xml` for a document in `language` (BCP 47)."""
    tag = attribute_language(language)
    defaults = (
        f"<w:docDefaults><w:rPrDefault><w:rPr>{_fonts(_BODY_FONT)}{_size(12)}"
        f'<w:lang w:val="{tag}" w:eastAsia="{tag}" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        "<w:pPrDefault><w:pPr><w:widowControl/></w:pPr></w:pPrDefault></w:docDefaults>"
    )
    characters = [
        _style("DefaultParagraphFont", "Default Paragraph Font", kind="character", based_on="", is_default=True,
               is_quick=False, priority=1),
        _style("Hyperlink", "Hyperlink", kind="character", based_on="DefaultParagraphFont",
               run='<w:color w:val="1D4E89"/>', is_quick=False),
    ]  # fmt: skip
    styles = [
        *_paragraph_styles(),
        *(_heading(level) for level in range(1, 10)),
        *(_contents(level) for level in range(1, 10)),
        *characters,
        *_table_styles(),
        _style("NoList", "No List", kind="numbering", based_on="", is_default=True, is_quick=False),
    ]
    return f'{_DECLARATION}<w:styles xmlns:w="{W}">{defaults}{"".join(styles)}</w:styles>'


_REGIONS = {"en": "en-US", "de": "de-DE", "fr": "fr-FR", "es": "es-ES", "ja": "ja-JP", "it": "it-IT", "zh": "zh-CN"}


def attribute_language(language: str) -> str:
    """The language tag that office programs know: with a region."""
    return language if "-" in language else _REGIONS.get(language, language)


def numbering_part(ordered_lists: int) -> str:
    """`word/numbering.xml`: bullets are list 1; ordered lists are 2 and following, each beginning at 1."""
    bullets = ("•", "–", "▪")
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="{bullets[level % 3]}"/>'
        f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{397 * (level + 1)}" w:hanging="340"/></w:pPr></w:lvl>'
        for level in range(9)
    )
    formats = (("decimal", "."), ("lowerLetter", ")"), ("lowerRoman", ")"))
    numbers = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{formats[level % 3][0]}"/>'
        f'<w:lvlText w:val="%{level + 1}{formats[level % 3][1]}"/><w:lvlJc w:val="left"/>'
        f'<w:pPr><w:ind w:left="{454 * (level + 1)}" w:hanging="454"/></w:pPr></w:lvl>'
        for level in range(9)
    )
    restart = "".join(
        f'<w:lvlOverride w:ilvl="{level}"><w:startOverride w:val="1"/></w:lvlOverride>' for level in range(9)
    )
    instances = "".join(
        f'<w:num w:numId="{number + 2}"><w:abstractNumId w:val="1"/>{restart}</w:num>'
        for number in range(max(ordered_lists, 1))
    )
    return (
        f'{_DECLARATION}<w:numbering xmlns:w="{W}">'
        f'<w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="hybridMultilevel"/>{levels}</w:abstractNum>'
        f'<w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="multilevel"/>{numbers}</w:abstractNum>'
        f'<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>{instances}</w:numbering>'
    )
