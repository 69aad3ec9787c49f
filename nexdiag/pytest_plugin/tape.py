"""The fixtures `nexdiag_cassette` and `nexdiag_recorder`: what a test's httpx clients send, played or recorded.

Each test has a cassette of its own. Law: what is recorded by a test that fails takes no good recording's place.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nexdiag.pytest_plugin import choosing, failing, marker, modes, naming, options
from nexdiag.pytest_plugin.ending import FAILURE, JUDGED, leave, untold
from nexdiag.pytest_plugin.summary import Counts

if TYPE_CHECKING:
    from nexdiag.core.cassette import Cassette
    from nexdiag.core.errors import NexdiagError
    from nexdiag.core.exchange import Exchange
    from nexdiag.core.fault import Fault
    from nexdiag.runner.tape.scope import Wish
    from nexdiag.runner.tape.tape import Tape


class Recording:
    """What is recorded in a test, as `nexdiag_recorder` gives it."""

    def __init__(self, tape: "Tape") -> None:
        """`tape` records it."""
        self.path = tape.path
        """The file; pytest keeps it if no marker names another place."""
        self._tape = tape

    @property
    def exchanges(self) -> "tuple[Exchange, ...]":
        """What went to a server and came back so far, without its secrets."""
        return self._tape.recorded

    @property
    def cassette(self) -> "Cassette":
        """The recording so far."""
        return self._tape.cassette


@pytest.fixture
def nexdiag_cassette(
    request: pytest.FixtureRequest,
    nexdiag_faults: "tuple[Fault, ...] | None",
    tmp_path_factory: pytest.TempPathFactory,
) -> "Iterator[Tape]":
    """What the test's httpx and httpx2 clients send is played from its cassette, or recorded to it; gives the tape."""
    from nexdiag.core.errors import NexdiagError  # noqa: PLC0415 - a door: a suite that does not ask pays nothing
    from nexdiag.runner.tape.modes import RecordMode  # noqa: PLC0415

    node, config = request.node, request.config
    try:
        keys = marker.keys_of(node, request.fixturenames, marker.CASSETTE)
        if options.option(config, "--disable-recording"):
            wish = _wish(failing.place_for(node, tmp_path_factory), RecordMode.ALL, keys)
        else:
            mode = modes.mode(
                options.option(config, "--record-mode"),
                keys.get("record_mode"),
                options.ini(config, "record_mode") or None,
                ci=options.in_ci(),
            )
            how = choosing.how(keys, nexdiag_faults, node.path.parent, mode)
            wish = _wish(_path(node, keys), mode, keys, how=how)
        yield from _recorded(node, wish, tmp_path_factory, marker.CASSETTE)
    except NexdiagError as error:
        raise marker.refusal(error) from None


@pytest.fixture
def nexdiag_recorder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Recording]":
    """What the test's httpx and httpx2 clients send goes to its server and is recorded; gives the recording."""
    from nexdiag.core.errors import NexdiagError  # noqa: PLC0415 - as above
    from nexdiag.runner.tape.modes import RecordMode  # noqa: PLC0415

    node = request.node
    try:
        keys = marker.keys_of(node, request.fixturenames, marker.RECORDER)
        named = keys.get("record")
        path = failing.place_for(node, tmp_path_factory) if named is None else node.path.parent / _name(named, "record")
        wish = _wish(path, RecordMode.REWRITE, keys)
        for tape in _recorded(node, wish, tmp_path_factory, marker.RECORDER):
            yield Recording(tape)
    except NexdiagError as error:
        raise marker.refusal(error) from None


def _recorded(node: pytest.Item, wish: "Wish", factory: pytest.TempPathFactory, fixture: str) -> "Iterator[Tape]":
    """A scope for the test: open until its last fixture has gone."""
    from nexdiag.core.errors import CassetteError, NexdiagError  # noqa: PLC0415 - as above
    from nexdiag.runner.tape.modes import RecordMode  # noqa: PLC0415
    from nexdiag.runner.tape.scope import Scope  # noqa: PLC0415

    if wish.mode is RecordMode.NONE and not wish.path.exists():
        hint = f"record one: {failing.again(node, 'once')}"
        raise CassetteError(f"no cassette at {failing.shown(wish.path)}", hint=hint)
    wish.path.parent.mkdir(parents=True, exist_ok=True)
    scope: Scope = Scope(wish)
    tape = scope.__enter__()
    ending = _Ending(node, factory, tape, allowed=wish.how.unplayed, fixture=fixture)
    leave(node, ending)
    try:
        yield tape
    finally:
        failure = node.stash.get(FAILURE, None)
        try:
            scope.__exit__(type(failure) if failure else None, failure, None)
        except NexdiagError as error:
            late = ending.late(error)
        else:
            late = ending.unplayed()
    if late and failure is None:
        pytest.fail(late, pytrace=False)


class _Ending:
    """What passed a tape."""

    def __init__(
        self, node: pytest.Item, factory: pytest.TempPathFactory, tape: "Tape", *, allowed: bool, fixture: str
    ) -> None:
        self._node = node
        self._factory = factory
        self._tape = tape
        self._allowed = allowed
        self._fixture = fixture
        self._told: set[str] = set()
        self._found = 0

    def wrong(self, *, failed: bool) -> str:
        """What had no recording: the differing path, and what is wrong with what was sent; else why nothing came.

        The rest is told when the last fixture has gone, which may send something too.
        """
        tape, rows = self._tape, []
        if tape.misses:
            self._told.add(tape.refused[0].what)
            rows.append(failing.parted(tape.divergence(tape.misses[0], anew=self._anew()), tape.path))
        if tape.misses or failed:
            rows += [self._refused(), *self._unreached(), *failing.struck(self._node, tape.how.faults)]
        return "\n".join(row for row in rows if row)

    def _anew(self) -> str:
        """How to record again: what came on top of all that was recorded is added, else all of it is recorded anew."""
        if self._tape.additional:
            return f"add what is new: {failing.again(self._node, 'new_episodes')}"
        return f"record it again: {failing.again(self._node, 'rewrite')}"

    def _refused(self) -> str:
        """The findings in what was refused, by a server or for want of a recording."""
        found, tape = self.sent(), self._tape
        if found is None:
            return ""
        start = len(tape.played)
        missed = range(start, start + len(tape.misses))
        told = untold(self._node, failing.refusals(*found, missed=missed))
        self._found = len(told)
        return failing.findings(told)

    def _unreached(self) -> Iterator[str]:
        """That no server was reached: now, or when it was recorded."""
        tape, path = self._tape, failing.shown(self._tape.path)
        if tape.unkept:
            yield f"the connection failed: {tape.unkept[0]}; it is not recorded\nhint: is the server up?"
        if tape.dead:
            first = tape.dead[0]
            yield (
                f"exchange {first.id} of {path} is a recorded failure, played as it was: {first.failure}\n"
                f"hint: no server was asked now; record it again: {failing.again(self._node, 'rewrite')}"
            )

    def beside(self) -> str:
        """Where what was sent is: in the cassette, or beside it where that stays as it was."""
        tape = self._tape
        if tape.plan.plays and not tape.recorded:
            recording = f"recording  {failing.shown(tape.path)}"
            found = self.sent()
            if found is None:
                return recording
            place = failing.place_for(self._node, self._factory)
            more = failing.compared([tape.path], place) if tape.misses else []
            return "\n".join([recording, failing.left(place, found[0]), *more])
        if tape.plan.into != "beside" or tape.plan.if_raised:
            return failing.kept_at(tape.path) if tape.recorded and tape.path.exists() else ""
        if tape.unfinished == tape.path or not tape.unfinished.exists():
            return ""
        place = failing.place_for(self._node, self._factory)
        place.write_bytes(tape.unfinished.read_bytes())
        place.chmod(0o600)
        return f"{failing.kept_at(place)}\nthe cassette stays as it was: {failing.shown(tape.path)}"

    def counts(self) -> Counts:
        """How much was played, and how much went live."""
        replayed = len(self._tape.played)
        live = len(self._tape.sent) - replayed - len(self._tape.misses)
        named = self._fixture == marker.CASSETTE and self._tape.sent
        return Counts(
            scenarios=frozenset({str(self._tape.path)} if named else ()),
            replayed=replayed,
            live=live,
            findings=0 if self._node.stash.get(JUDGED, False) else self._found,
        )

    def sent(self) -> "tuple[Cassette, str | None] | None":
        """What was sent, with its answers."""
        from nexdiag.core.cassette import Cassette  # noqa: PLC0415 - as above

        header = self._tape.cassette.header
        exchanges = self._tape.sent
        return (Cassette(header=header, exchanges=exchanges), header.profile or None) if exchanges else None

    def late(self, error: "NexdiagError") -> str:
        """What came up when the scope was closed: nothing was sent, for example."""
        return "" if self._quiet() or error.what in self._told else _words(error)

    def unplayed(self) -> str:
        """What was recorded and nobody asked for, unless that is allowed."""
        from nexdiag.report.wording import count  # noqa: PLC0415 - as above

        left = self._tape.unplayed
        if not left or self._allowed or self._quiet():
            return ""
        first, path = left[0], failing.shown(self._tape.path)
        return (
            f"{count(len(left), 'recorded exchange')} of {path} not asked for, the first is exchange {first.id} "
            f"({first.request.method} {first.request.path})\n"
            f"hint: allow it with unplayed=True, or record again: {failing.again(self._node, 'rewrite')}"
        )

    def _quiet(self) -> bool:
        return self._tape.idle and marker.quiet(self._node, self._fixture)


def _words(error: "NexdiagError") -> str:
    return f"{error.what}\nhint: {error.hint}" if error.hint else error.what


def _wish(path: Path, mode: Any, keys: dict[str, Any], **more: Any) -> "Wish":  # noqa: ANN401 - the rest of a wish
    """What a scope is to do. Raises `UsageError` for a name that is no cassette's."""
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - as above
    from nexdiag.runner.tape.scope import Wish, use_cassette  # noqa: PLC0415

    redact = keys.get("redact", ())
    patterns = tuple(redact) if isinstance(redact, list | tuple) else (redact,)
    session = keys.get("session", "")
    if not isinstance(session, str) or not all(isinstance(one, str) for one in patterns):
        raise UsageError(
            f"wanted texts as redact and session, found {redact!r} and {session!r}",
            hint=r"for example: redact=r'tiger-\d+'",
        )
    use_cassette(path)  # it knows which names are none; nothing is read
    return Wish(path=path, mode=mode, redact=patterns, session=session, **more)


def _path(node: pytest.Item, keys: dict[str, Any]) -> Path:
    """The cassette that the marker names, there or beside the test's file; else the test's own."""
    if "cassette" not in keys:
        folder = options.ini(node.config, "cassette_dir") or None
        return naming.conventional(node.nodeid, node.path, node.config.rootpath, folder)
    name = _name(keys["cassette"], "cassette")
    return choosing.standing(node, name) or node.path.parent / name


def _name(given: object, key: str) -> str | Path:
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - as above

    if not isinstance(given, str | Path) or not str(given):
        raise UsageError(f"wanted a file as {key}, found {given!r}", hint=f"write: {key}='weather.cassette.jsonl'")
    return given
