"""define.xml as a page: our stylesheet, and the page that it makes."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from lxml import etree

from trialwright.standards.define._parsing import parse_define
from trialwright.standards.define.documents import DefineError
from trialwright.standards.define.writing import STYLESHEET_NAME


def stylesheet_bytes() -> bytes:
    """The stylesheet: XSLT 1.0, for Define-XML 2.1 with analysis results metadata 1.0."""
    return (resources.files("trialwright.standards.define") / STYLESHEET_NAME).read_bytes()


def write_stylesheet(folder: Path) -> Path:
    """Put the stylesheet into the folder of a define.xml, under the name that the file has for it; its path."""
    path = folder / STYLESHEET_NAME
    path.write_bytes(stylesheet_bytes())
    return path


def define_page(define: Path) -> bytes:
    """The HTML page that the stylesheet makes of a define.xml.

    Raises `DefineError` where the file is no Define-XML 2.1: read an older one and write it again.
    """
    root, version = parse_define(define)
    if version != "2.1":
        raise DefineError(
            f"{define} is Define-XML {version}, and the stylesheet shows 2.1. Read it and write it as 2.1 "
            "(docs/how-to/make-define-xml.md)."
        )
    # The stylesheet is ours and reads no other file; lxml-stubs does not know these arguments.
    nothing = etree.XSLTAccessControl(  # type: ignore[call-arg]
        read_file=False, write_file=False, create_dir=False, read_network=False, write_network=False
    )
    transform = etree.XSLT(etree.fromstring(stylesheet_bytes()), access_control=nothing)
    return bytes(transform(root))


def write_define_page(define: Path) -> Path:
    """Write the page beside the define.xml, as `define.html` of a `define.xml`; its path.

    Browsers may refuse to apply a stylesheet to a local file, and show the page all the same.
    """
    path = define.with_suffix(".html")
    path.write_bytes(define_page(define))
    return path
