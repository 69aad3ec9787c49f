"""Files → one archive whose bytes depend on them alone: no clock, no user, no order of a directory. Pure."""

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence

from nexdiag.core.version import TOOL
from nexdiag.report.json import dump

SCHEMA = "nexdiag.bundle/1"
MANIFEST = "MANIFEST.json"
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file knows."""
_PRIVATE = 0o600 << 16


def manifest(
    files: Mapping[str, bytes], *, left_out: Sequence[str], look_at: Sequence[str], content: bool, secrets: int
) -> bytes:
    """What is in it, with digests; what is not, and what to look at before it is sent."""
    told = {
        "schema": SCHEMA,
        "tool": TOOL,
        "content": content,
        "secrets_replaced": secrets,
        "files": [
            {"name": name, "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
            for name, raw in sorted(files.items())
        ],
        "left_out": list(left_out),
        "look_at": list(look_at),
    }
    return dump(told, indent=2).encode() + b"\n"


def packed(files: Mapping[str, bytes]) -> bytes:
    """The archive; equal files give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, raw in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _BEGINNING)
            entry.create_system, entry.external_attr = 3, _PRIVATE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, raw)
    return out.getvalue()
