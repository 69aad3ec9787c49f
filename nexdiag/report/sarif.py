"""Entries → SARIF 2.1.0, as code scanning reads it: one run, sorted by weight and cut by ourselves.

Law: valid by the published schema, whatever was recorded. Every result has a physical location (GitHub refuses a whole
file for one that has none): a path within the repository and a line; beside it the turn and the JSON pointer. What was
left out, or not checked, is a notification.
"""

import gzip
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from nexdiag.core.version import VERSION
from nexdiag.report.json import dump
from nexdiag.report.limits import SARIF_BYTES, SARIF_FLOW, SARIF_PAGE, SARIF_RESULTS, SARIF_TAGS
from nexdiag.report.visible import one_line, visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = ("error", "warning", "note")
_NOTES = 1000
"""Notifications; each says what was left out, or could not be checked."""
_TOLD = 4000
_UNPACKED = 10
"""Times the limit that a text may have before it is packed: readers have memories, too."""


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A place on the way to a finding: a turn."""

    text: str
    line: int = 1


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell, whatever command found it."""

    rule: str
    """Its code: NX101."""
    name: str
    level: str
    """`error`, `warning` or `note`."""
    message: str
    path: str
    """From the top of the repository, with slashes."""
    line: int = 1
    places: tuple[tuple[str, str], ...] = ()
    """Logical locations: a name (`turn 2`, `/messages/4/role`) and a kind."""
    fingerprint: str = ""
    stops: tuple[Stop, ...] = ()
    tags: tuple[str, ...] = ()
    facts: dict[str, Any] = {}


def log(
    entries: Sequence[Entry],
    notes: Iterable[str],
    *,
    command: str,
    pages: dict[str, str] | None = None,
    ok: bool = True,
) -> str:
    """The document; `notes` is what was not checked, `pages` the page of each rule by its name."""
    ranked = sorted(entries, key=lambda one: _LEVELS.index(one.level))
    told, most = [*notes], SARIF_RESULTS
    while True:
        left = [f"{len(ranked) - most:,} more are left out: a file has room for {most:,}"] if len(ranked) > most else []
        text = dump(_document(ranked[:most], [*left, *told], command, pages or {}, ok=ok), indent=1)
        if _fits(text) or most == 1:
            return text
        most //= 2


def _fits(text: str) -> bool:
    """Whether it may be uploaded; packers differ, so that a tenth is spared."""
    if len(text) <= SARIF_BYTES:
        return True
    return len(text) <= SARIF_BYTES * _UNPACKED and len(gzip.compress(text.encode(), 1, mtime=0)) <= SARIF_BYTES * 0.9


def _document(kept: list[Entry], notes: list[str], command: str, pages: dict[str, str], *, ok: bool) -> dict[str, Any]:
    rules: dict[str, Entry] = {}
    for one in kept:
        rules.setdefault(one.rule, one)
    names = sorted(rules)
    places = {rule: number for number, rule in enumerate(names)}
    if len(notes) > _NOTES:
        notes = [*notes[: _NOTES - 1], f"{len(notes) - _NOTES + 1:,} more were not checked"]
    seen: dict[str, int] = {}
    run = {
        "tool": {
            "driver": {
                "name": "nexdiag",
                "version": VERSION,
                "rules": [_rule(rules[name], pages.get(rules[name].name, "")) for name in names],
            }
        },
        "automationDetails": {"id": f"{command.replace(' ', '/')}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, places[one.rule], seen) for one in kept],
        "invocations": [
            {
                "executionSuccessful": ok,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": one_line(text, 1000) or "not checked"}} for text in notes
                ],
            }
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(one: Entry, page: str) -> dict[str, Any]:
    """A rule with its page, which is ours; of a long one the beginning."""
    more = "\n\n_The rest is left out: nexdiag rule prints the whole page._\n"
    page = page if len(page) <= SARIF_PAGE else page[:SARIF_PAGE] + more
    help_text = {"help": {"text": f"nexdiag rule {one.name}", "markdown": page}} if page else {}
    name = one_line(one.name, 100)
    return {
        "id": one_line(one.rule, 100),
        "name": name,
        "shortDescription": {"text": name or "unnamed"},
        "defaultConfiguration": {"level": one.level},
        **help_text,
        "properties": {"tags": [one_line(tag, 50) for tag in dict.fromkeys(one.tags)][:SARIF_TAGS]},
    }


def _result(one: Entry, rule: int, seen: dict[str, int]) -> dict[str, Any]:
    """One result. Equal ones are numbered, so that GitHub takes them for as many."""
    again = seen[one.fingerprint] = seen.get(one.fingerprint, 0) + 1
    logical = [{"fullyQualifiedName": one_line(name, 400), "kind": kind} for name, kind in one.places if name]
    flow = {"codeFlows": [_flow(one)]} if one.stops else {}
    return {
        "ruleId": one_line(one.rule, 100),
        "ruleIndex": rule,
        "level": one.level,
        "message": {"text": visible(one.message)[:_TOLD] or "(nothing was said)"},
        "locations": [
            {"physicalLocation": _physical(one.path, one.line), **({"logicalLocations": logical} if logical else {})}
        ],
        **flow,
        "partialFingerprints": {
            "nexdiag/v1": one.fingerprint,
            "primaryLocationLineHash": f"{one.fingerprint}:{again}",
        },
        "properties": one.facts,
    }


def _flow(one: Entry) -> dict[str, Any]:
    return {
        "threadFlows": [
            {
                "locations": [
                    {
                        "location": {
                            "physicalLocation": _physical(one.path, stop.line),
                            "message": {"text": one_line(stop.text, 300) or "(nothing)"},
                        }
                    }
                    for stop in one.stops[-SARIF_FLOW:]
                ]
            }
        ]
    }


def _physical(path: str, line: int) -> dict[str, Any]:
    return {"artifactLocation": {"uri": uri(path)}, "region": {"startLine": max(1, line)}}


def uri(path: str) -> str:
    """A relative reference: what could be read as a scheme, a query or an escape is written out."""
    return quote(path, safe="/._-~@+=,()", errors="replace").lstrip("/") or "unnamed"
