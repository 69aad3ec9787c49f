"""Judged → SARIF 2.1.0, as code scanning reads it: the rules that found something, and a result for each finding.

A finding has a logical location (turn, exchange, pointer into the request); its file has no lines to point to, so that
the region is the first line, which GitHub demands. Equal findings keep their fingerprint from run to run.
"""

import hashlib
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from nexdiag.core.finding import Finding, Severity
from nexdiag.core.judged import Judged
from nexdiag.core.version import VERSION
from nexdiag.report.json import dump
from nexdiag.report.lint.summary import ranked
from nexdiag.report.lint.text import place
from nexdiag.report.visible import both_ends, one_line

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST = 5000
"""Results of a run that GitHub keeps at most; what is left out is told as a notification."""
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def whole(judged: Sequence[Judged]) -> str:
    """The log: one run."""
    listed = ranked(judged)
    names = sorted({(finding.code, finding.rule) for _, finding in listed})
    places = {rule: number for number, (_, rule) in enumerate(names)}
    left = [f"{len(listed) - MOST:,} findings are left out: {MOST:,} fit"] if len(listed) > MOST else []
    allowed = sum(len(each.allowed) for each in judged)
    left += [f"{allowed:,} more are allowed by a scenario, and not reported"] if allowed else []
    told = [*left, *(f"not checked: {one.name}: {text}" for one in judged for text in one.unchecked)]
    run = {
        "tool": {
            "driver": {
                "name": "nexdiag",
                "version": VERSION,
                "rules": [{"id": code, "name": rule, "shortDescription": {"text": rule}} for code, rule in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, finding, places[finding.rule]) for one, finding in listed[:MOST]],
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": one_line(text, 1000)}} for text in told[:MOST]
                ],
            }
        ],
    }
    return dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _result(one: Judged, finding: Finding, rule: int) -> dict[str, Any]:
    said = [both_ends(finding.summary, 600)]
    said += [f"The server: {both_ends(finding.server_words, 400)}"] if finding.server_words else []
    said += [f"Fix: {one_line(finding.fix, 400)}"] if finding.fix else []
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": "\n".join(said)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _uri(one.file)}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": place(finding) or one.name, "kind": "member"}],
            }
        ],
        "partialFingerprints": {"nexdiag/v1": _fingerprint(one, finding)},
        "properties": {"profile": one.profile, "refused": finding.refused},
    }


def _uri(file: str) -> str:
    """A relative reference, with slashes; no path may be read as a scheme."""
    return quote(PurePath(file).as_posix(), safe="/._-~@+=,()")


def _fingerprint(one: Judged, finding: Finding) -> str:
    where = (one.name, finding.location.session, finding.location.pointer or "")
    text = "\0".join((*where, finding.rule, finding.summary))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
