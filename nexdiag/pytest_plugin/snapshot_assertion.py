"""syrupy's assertion for requests: it cleans, writes and compares them, and says how they differ.

Imported by the fixture when a test asks for it: it needs syrupy. What is of this machine and day: `machine`.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.location import PyTestLocation

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.core.difference import Difference
from nexdiag.core.errors import NexdiagError
from nexdiag.core.finding import Finding, Severity
from nexdiag.diff.compare import compare
from nexdiag.diff.words import words
from nexdiag.pytest_plugin import machine, marker, options, snapshot_files
from nexdiag.pytest_plugin.ending import ENDINGS
from nexdiag.report.snapshot.chosen import Choice
from nexdiag.report.snapshot.explained import explained, found
from nexdiag.report.snapshot.layout import Setting, Written, read, written
from nexdiag.report.snapshot.masks import Machine
from nexdiag.report.snapshot.schemas import says_the_same
from nexdiag.report.snapshot.sent import Sent, requests_of

_UPDATE = "hint: if this is meant, write it with: pytest --snapshot-update"
_MOST_LINES, _MOST_CHARACTERS = 5, 360
"""Of an explanation that pytest, without -vv, leaves whole."""
_MOST_LINTED = 200
"""Requests of one comparison that lint looks at."""


@dataclass(eq=False, order=False, repr=False)
class RequestSnapshot(SnapshotAssertion):
    """`assert request_snapshot == sent`; `request_snapshot(name=..., keep=..., headers=...)` for one comparison."""

    machine: Machine = field(default_factory=Machine)
    server: str = ""
    """The profile by which lint judges what was sent."""
    keep: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    _keep: tuple[str, ...] = field(init=False, default=())
    _headers: tuple[str, ...] = field(init=False, default=())
    _sent: list[Sent] = field(init=False, default_factory=list)
    _written: Written | None = field(init=False, default=None)
    _missing: tuple[str, ...] = field(init=False, default=())
    """Schemas that are not kept, or not as they were sent."""

    def __post_init__(self) -> None:
        """As syrupy's; what was given holds for all comparisons."""
        super().__post_init__()
        self._keep, self._headers = self.keep, self.headers

    def __repr__(self) -> str:
        """Short: pytest shows it as an argument of each test that fails."""
        return f"<request_snapshot of {self.test_location.snapshot_name}>"

    def __call__(self, *, keep: Iterable[str] = (), headers: Iterable[str] = (), **options: Any) -> "RequestSnapshot":  # noqa: ANN401 - syrupy's own
        """For the next comparison: syrupy's options, rules that are not to hold, and headers to be written."""
        super().__call__(**options)
        for name, given in (("_keep", _names(keep)), ("_headers", _lower(headers))):
            if given:
                before = getattr(self, name)
                setattr(self, name, (*before, *given))
                self._post_assert_actions.append(lambda name=name, before=before: setattr(self, name, before))
        return self

    def with_defaults(
        self,
        *,
        keep: Iterable[str] = (),
        headers: Iterable[str] = (),
        **options: Any,  # noqa: ANN401 - syrupy's own
    ) -> "RequestSnapshot":
        """Another one, for which all that holds; it numbers from the beginning, as syrupy's does."""
        same = {one.name: getattr(self, one.name) for one in fields(self) if one.init}
        given = {name: value for name, value in options.items() if value is not None}
        mine = {"keep": _names(keep) or self.keep, "headers": _lower(headers) or self.headers}
        return self.__class__(**{**same, **mine, **given})

    def _serialize(self, data: Any) -> str | bytes:  # noqa: ANN401 - as syrupy has it
        """The text of what was sent, without its secrets."""
        if not issubclass(self.extension.__class__, snapshot_files.RequestsExtension):
            return super()._serialize(data)  # another extension was asked for
        redactor = Redactor(secrets_of(os.environ))
        self._sent = [_clean(one, redactor) for one in requests_of(_come_to(self.test_location.item, data))]
        choice = Choice(matcher=self._matcher, include=self._include, exclude=self._exclude)
        setting = Setting(machine=self.machine, keep=self._keep, headers=self._headers, choice=choice)
        self._written = written(self._sent, setting)
        return self._written.text

    def _assert(self, data: Any) -> bool:  # noqa: ANN401 - likewise
        """Whether they are equal, and the schemas they name are kept; with --snapshot-update these are written."""
        self._written, self._missing, place = None, (), self.num_executions
        equal = super()._assert(data)
        result = self.executions[place]
        if not equal or self._written is None:
            return equal
        folder = snapshot_files.schemas_of(self.test_location)
        if result.created or result.updated or self.update_snapshots:
            snapshot_files.keep(folder, self._written.tools)
            return True
        there = snapshot_files.kept(folder)
        tools = self._written.tools.items()
        self._missing = tuple(name for name, text in tools if not says_the_same(there.get(name, ""), text))
        result.success = not self._missing
        return result.success

    def get_assert_diff(self, **options: Any) -> list[str]:  # noqa: ANN401 - likewise
        """The differences in words, what lint says of what was sent, and how to write it."""
        result = self.executions[self.num_executions - 1]
        if isinstance(result.exception, NexdiagError):
            hint = [f"hint: {result.exception.hint}"] if result.exception.hint else []
            return [result.exception.what, *hint]
        if self._written is None or result.exception is not None:
            return list(super().get_assert_diff(**options))
        if self._missing:
            folder = snapshot_files.schemas_of(self.test_location)
            lines = [f"schemas that were sent are not kept in {folder}: {', '.join(self._missing)}"]
        elif result.recalled_data is None:
            lines = [f"Snapshot {result.snapshot_name!r} does not exist!", *self._linted()]
        elif str(options.get("diff_mode", "detailed")) == "disabled":
            lines = []
        else:
            lines = [*self._told(str(result.recalled_data), self._written, options), *self._linted()]
        return [*self._shortened(lines), _UPDATE]

    def _shortened(self, lines: list[str]) -> list[str]:
        """Pytest cuts what is longer, and the hint with it: all of it is told in a section of its own then."""
        head = lines[:_MOST_LINES]
        while len(head) > 1 and sum(map(len, head)) > _MOST_CHARACTERS:
            head.pop()
        if head == lines:
            return lines
        self.test_location.item.add_report_section("call", "request_snapshot", "\n".join(lines))
        return [*head, f"and {len(lines) - len(head)} more lines: see 'Captured request_snapshot call' below"]

    def _told(self, text: str, new: Written, options: dict[str, Any]) -> list[str]:
        try:
            return self._differences(text, new)
        except ValueError:  # edited by hand, or a diff of syrupy's `diff=`
            return list(super().get_assert_diff(**options))

    def _differences(self, text: str, new: Written) -> list[str]:
        there = snapshot_files.kept(snapshot_files.schemas_of(self.test_location))
        was, now = read(text, there), read(new.text, {**there, **new.tools})
        return explained(map(_worded, compare(was, now)), was, now)

    def _linted(self) -> Iterator[str]:
        """What is refused of what was sent, each rule once."""
        told: dict[str, tuple[Finding, str]] = {}
        for one in self._sent[:_MOST_LINTED]:
            if one.request.body.join():
                name, findings = _judged(one, self.server)
                for finding in findings:
                    told.setdefault(finding.rule, (finding, name))
        for finding, name in told.values():
            yield from found([finding], name)


def made(request: pytest.FixtureRequest) -> RequestSnapshot:
    """The one of a test."""
    settings: dict[str, Any] = {"update_snapshots": request.config.option.update_snapshots}
    if hasattr(SnapshotAssertion, "update_new_snapshots_only"):
        settings["update_new_snapshots_only"] = getattr(request.config.option, "update_new_snapshots_only", False)
    return RequestSnapshot(
        extension_class=snapshot_files.RequestsExtension,
        test_location=PyTestLocation(request.node),
        session=request.config._syrupy,  # type: ignore[attr-defined]  # noqa: SLF001 - where syrupy's own fixture finds it
        machine=machine.of(request),
        server=_server(request.node),
        **settings,
    )


def _server(node: pytest.Item) -> str:
    """The server that the test is about, by its marker or by the settings; empty where neither says."""
    said = marker.said(node)
    like = said.get("profile") or said.get("like") or options.ini(node.config, "profile")
    return like if isinstance(like, str) else ""


def _come_to(node: pytest.Item, given: Any) -> Any:  # noqa: ANN401 - anything
    """For the URL of a server of the test, what came to it; else what was given."""
    values = getattr(node, "funcargs", {})
    if not isinstance(given, str) or not any(given == values.get(name) for name in marker.SERVERS):
        return given
    told = [one.sent() for one in node.stash.get(ENDINGS, [])]
    exchanges = [exchange for cassette, _ in filter(None, told) for exchange in cassette.exchanges]
    return [msgspec.structs.replace(one, started=0.0) for one in exchanges]  # an answer may be older than its request


def _judged(sent: Sent, server: str) -> tuple[str, tuple[Finding, ...]]:
    """The profile's name, and what its server refuses."""
    from nexdiag.lint import engine  # noqa: PLC0415 - a door: most comparisons are equal, and pay nothing
    from nexdiag.lint.seen.bare import BareExchange  # noqa: PLC0415 - likewise

    text = sent.request.body.join().decode("utf-8", "replace")
    bare = BareExchange(request=text, url=sent.request.url or None, server=server or None)
    profile, findings = engine.judge_bare(bare)
    return profile.name, tuple(one for one in findings if one.severity == Severity.ERROR)


def _clean(sent: Sent, redactor: Redactor) -> Sent:
    return msgspec.structs.replace(sent, request=redactor.request(sent.request))


def _worded(one: Difference) -> Difference:
    return one if one.words else msgspec.structs.replace(one, words=words(one.left, one.right))


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _lower(headers: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in _names(headers))
