"""Pictures in a docx: as wide as the text, never higher than a page leaves room for caption and notes."""

from __future__ import annotations

import struct

from trialwright.documents import _ooxml as x
from trialwright.errors import DocumentError

_EMU_PER_TWIP = 635
_HIGHEST_PORTRAIT = 10800
_HIGHEST_LANDSCAPE = 7000
_PNG = b"\x89PNG\r\n\x1a\n"


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels; raises `DocumentError` for anything else."""
    if not png.startswith(_PNG) or len(png) < 24:
        raise DocumentError(
            "A figure was not drawn as PNG: a docx needs a picture whose first bytes are those of a PNG."
        )
    width, height = struct.unpack(">II", png[16:24])
    return int(width), int(height)


def picture(
    png: bytes, *, relationship: str, serial: int, name: str, description: str, width: int, is_landscape: bool
) -> str:
    """The run that shows a picture; `description` is its text for readers who can't see it."""
    pixels_wide, pixels_high = png_size(png)
    highest = _HIGHEST_LANDSCAPE if is_landscape else _HIGHEST_PORTRAIT
    scale = min(width / pixels_wide, highest / pixels_high)
    across, down = (round(pixels * scale) * _EMU_PER_TWIP for pixels in (pixels_wide, pixels_high))
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{across}" cy="{down}"/>'
        f'<wp:docPr id="{serial}" name={x.attribute(name)} descr={x.attribute(description)}/>'
        '<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
        f'<pic:nvPicPr><pic:cNvPr id="{serial}" name={x.attribute(name)}/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relationship}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{across}" cy="{down}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r>"
    )
