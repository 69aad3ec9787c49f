"""Where in an exchange a finding belongs: beside a message, a field, the URL, the answer, or above all of them.

Law: a place is only named if it is there to be shown; else the finding goes one level up and is never lost.
"""

import re

import msgspec

from nexdiag.core.finding import Finding
from nexdiag.report.summary import RunFacts
from nexdiag.report.turns import ExchangeFacts

_MESSAGE = re.compile(r"/(?:messages|input)/(\d{1,9})(?:/|$)")
_ANSWER_KEYS = frozenset({"choices", "error", "usage", "object", "created", "id", "detail", "chunks", "body", "status"})
_URL_KEYS = frozenset({"url", "path", "base_url"})


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a finding is shown: `message`, `field`, `url`, `answer`, `exchange`, `turn` or `run`."""

    kind: str
    turn: str | None = None
    """The key of the turn."""
    exchange: int | None = None
    message: int | None = None
    """For a message: its index."""
    key: str | None = None
    """For a field: its name."""


def message_index(finding: Finding) -> int | None:
    """The message that has to change, as told or as its pointer tells."""
    if finding.location.message_index is not None:
        return finding.location.message_index
    found = _MESSAGE.match(finding.location.pointer or "")
    return int(found[1]) if found else None


class Places:
    """The places of a run's findings: turns are looked up, so that a thousand findings cost no thousand searches."""

    def __init__(self, facts: RunFacts) -> None:
        """Sort the turns of the run."""
        self._facts = facts
        self._at = {turn.key: at for at, turn in enumerate(facts.turns)}
        self._told = {(turn.session, turn.number): turn.key for turn in reversed(facts.turns)}
        self._holding = {seen.exchange.id: turn.key for turn in facts.turns for seen in turn.exchanges}

    def of(self, finding: Finding) -> Place:
        """The place of one finding."""
        where = finding.location
        seen = self._facts.exchange(where.exchange)
        if seen is None:
            key = self._told.get((where.session, where.turn)) if where.turn is not None else None
            return Place(kind="turn", turn=key) if key is not None else Place(kind="run")
        return _within(finding, seen, self._holding.get(seen.exchange.id))

    def turn_at(self, place: Place) -> int | None:
        """Which of the run's turns it is in, from 0."""
        return self._at.get(place.turn) if place.turn is not None else None


def place(finding: Finding, facts: RunFacts) -> Place:
    """The place of a finding in its run."""
    return Places(facts).of(finding)


def _within(finding: Finding, seen: ExchangeFacts, turn: str | None) -> Place:
    number, index = seen.exchange.id, message_index(finding)
    if index is not None and index < (seen.messages or 0):
        return Place(kind="message", turn=turn, exchange=number, message=index)
    parts = (finding.location.pointer or "").split("/")
    key = parts[1].replace("~1", "/").replace("~0", "~") if len(parts) > 1 else ""
    sent = {field.key.decode("utf-8", "replace").strip('"') for field in seen.exchange.request.body.fields}
    kind = "exchange"
    if key in _URL_KEYS or (not key and "url" in finding.rule):
        kind = "url"
    elif key and (key in sent or key not in _ANSWER_KEYS):
        kind = "field"
    elif key:
        kind = "answer"
    return Place(kind=kind, turn=turn, exchange=number, key=key if kind == "field" else None)
