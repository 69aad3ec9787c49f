"""What makes two findings the same from one run to the next: the rule, the file, and the kind of place.

Law: no count and no recorded text is in it: those change while the fault stays.
"""

import hashlib
import re
from collections.abc import Iterable

from nexdiag.core.finding import Finding

_NUMBER = re.compile(r"(?<=/)\d+(?=/|$)")
_LENGTH = 32


def template(pointer: str | None) -> str:
    """A pointer without the places in lists: `/messages/*/role`."""
    return _NUMBER.sub("*", pointer or "")


def fingerprint(parts: Iterable[str]) -> str:
    """A short digest of some words."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:_LENGTH]


def of_finding(finding: Finding, file: str) -> str:
    """Of a finding in a file."""
    return fingerprint((finding.rule, file, template(finding.location.pointer)))
