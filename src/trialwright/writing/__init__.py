"""What each document says: sentences from one catalogue for each language, and references to facts and results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialwright.writing.csr import write_csr
    from trialwright.writing.design import write_design_report
    from trialwright.writing.listings import write_listing
    from trialwright.writing.narratives import Narratives, gather_narratives, write_narratives

__all__ = ["Narratives", "gather_narratives", "write_csr", "write_design_report", "write_listing", "write_narratives"]


def __getattr__(name: str) -> Any:
    """The public functions, loaded when first asked for: they need much more than the command line does."""
    if name == "write_csr":
        from trialwright.writing.csr import write_csr

        return write_csr
    if name == "write_design_report":
        from trialwright.writing.design import write_design_report

        return write_design_report
    if name == "write_listing":
        from trialwright.writing.listings import write_listing

        return write_listing
    if name in __all__:
        from trialwright.writing import narratives

        return getattr(narratives, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
