"""The few words that the writers of documents add themselves, in each language they know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Words that stand before numbers. `page` has two places: the page's number and the number of pages."""

    table: str
    figure: str
    listing: str
    section: str
    population: str
    query: str
    page: tuple[str, str, str]

    def of(self, kind: str) -> str:
        """The word for a kind of target: "table", "figure", "listing" or "section"."""
        words = {"table": self.table, "figure": self.figure, "listing": self.listing, "section": self.section}
        return words[kind]


_LABELS = {
    "en": Labels(
        table="Table", figure="Figure", listing="Listing", section="Section", population="Population",
        query="Author query", page=("Page ", " of ", ""),
    ),
    "de": Labels(
        table="Tabelle", figure="Abbildung", listing="Auflistung", section="Abschnitt", population="Population",
        query="Autorenfrage", page=("Seite ", " von ", ""),
    ),
    "fr": Labels(
        table="Tableau", figure="Figure", listing="Listing", section="Section", population="Population",
        query="Question à l’auteur", page=("Page ", " sur ", ""),
    ),
    "es": Labels(
        table="Tabla", figure="Figura", listing="Listado", section="Sección", population="Población",
        query="Consulta al autor", page=("Página ", " de ", ""),
    ),
    "ja": Labels(
        table="表", figure="図", listing="一覧", section="第", population="解析対象集団",
        query="著者への確認事項", page=("", " / ", ""),
    ),
}  # fmt: skip


def labels_for(language: str) -> Labels:
    """The labels of a BCP 47 language; English for one that is not known."""
    return _LABELS.get(language.partition("-")[0].lower(), _LABELS["en"])
