"""PDF: the document typeset by typst as PDF/A-2b.

Handing data to the template belongs here; the layout stands in templates/report.typ. Texts are data, never markup.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from reports.render.document import SYNTHETIC_NOTE, Document

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"


def pdf_bytes(document: Document, dated: datetime) -> bytes:
    """The PDF: embedded fonts only, dated `dated`, so that the same figures give the same bytes.

    Raises:
        RuntimeError: typst refused the document.
    """
    import typst

    data = msgspec.json.encode({**msgspec.to_builtins(document), "note": SYNTHETIC_NOTE}).decode()
    try:
        result = typst.compile(
            TEMPLATE.read_bytes(),
            sys_inputs={"document": data},
            pdf_standards="a-2b",
            timestamp=int(dated.timestamp()),
            ignore_system_fonts=True,
            format="pdf",
        )
    except typst.TypstError as error:
        raise RuntimeError(f"the PDF could not be typeset: {error}") from error
    return bytes(result)
