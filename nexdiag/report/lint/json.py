"""Judged → JSON, as scripts read it: `nexdiag.lint/1`. The shape is a promise."""

from collections.abc import Sequence

from nexdiag.core.judged import Judged
from nexdiag.report.json import dump, finding_fields

SCHEMA = "nexdiag.lint/1"


def whole(judged: Sequence[Judged]) -> str:
    """All files: for each its name, profile, findings, best first, what was not checked, and what is allowed."""
    listed = [
        {
            "file": one.file,
            **({} if one.id is None else {"id": one.id}),
            "profile": one.profile,
            "findings": [finding_fields(finding) for finding in one.findings],
            "unchecked": list(one.unchecked),
            "allowed": [finding_fields(finding) for finding in one.allowed],
        }
        for one in judged
    ]
    return dump({"schema": SCHEMA, "files": listed}, indent=2)
