"""Promises of `nexdiag.runner.tape.verdict`: what a scope says at its end, whatever became of its block."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from nexdiag.core.body import Body
from nexdiag.core.errors import CassetteError, NothingToDo, Unmatched
from nexdiag.core.exchange import Request
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.tape.modes import RecordMode
from nexdiag.runner.tape.tape import Tape
from nexdiag.runner.tape.verdict import close_with
from nexdiag.runner.tape.watch import Stranger


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    return Tape(tmp_path / "x", RecordMode.ONCE)


def missed(tape: Tape, path: str = "/a") -> Unmatched:
    """A request that the tape refuses."""
    return tape.refuse(
        Miss(request=Request(method="GET", url="http://h" + path, body=Body.of(b"")), nearest=None, shared=0)
    )


def raised(block: Callable[[], object]) -> Exception:
    """The error of a block."""
    try:
        block()
    except Exception as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError


def test_a_miss_that_passed_is_not_said_twice(tape: Tape) -> None:
    """The block's own error goes on as it is."""
    close_with(tape, missed(tape))


@pytest.mark.parametrize("way", ["from", "while", "group", "deep"])
def test_an_error_made_of_a_miss_is_told_as_the_miss(tape: Tape, way: str) -> None:
    """Raised from it, while it was handled, in a group, behind others: a client's `Connection error` says nothing."""
    miss = missed(tape)

    def block() -> None:
        if way == "group":
            raise ExceptionGroup("tasks", [ValueError(), miss])
        try:
            raise miss
        except Unmatched as error:
            if way == "from":
                raise ConnectionError from error
            if way == "while":
                raise ConnectionError  # noqa: B904 - as a client may
            try:
                raise ConnectionError from error  # noqa: TRY301 - a chain is wanted
            except ConnectionError as second:
                raise RuntimeError from second

    error = raised(block)
    with pytest.raises(Unmatched, match="GET /a") as told:
        close_with(tape, error)
    assert told.value.__cause__ is error


def test_another_error_goes_on_with_a_note(tape: Tape) -> None:
    """It may be for want of a recording that the test failed: the miss is named beside it."""
    missed(tape)
    error = AssertionError("no answer")
    close_with(tape, error)
    assert error.__notes__ == [f"nexdiag: {tape.refused[0].what}"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), asyncio.CancelledError(), SystemExit(1), GeneratorExit()])
def test_an_end_from_outside_goes_on(tape: Tape, error: BaseException) -> None:
    """Nothing is put in its place."""
    missed(tape)
    close_with(tape, error)


def test_an_error_that_stands_behind_itself_is_no_trap(tape: Tape) -> None:
    """Chains that loop, or are long, end."""
    missed(tape)
    one, other = ValueError(), ValueError()
    one.__cause__, other.__cause__ = other, one
    close_with(tape, one)
    for _ in range(1000):
        deeper = ValueError()
        deeper.__cause__ = one
        one = deeper
    close_with(tape, one)


def test_swallowed_misses_are_counted_once_each(tape: Tape) -> None:
    """A client that asks again and again is one miss."""
    for path in ("/a", "/a", "/b", "/c"):
        missed(tape, path)
    with pytest.raises(Unmatched, match=r"GET /a: .*; and 2 more"):
        close_with(tape, None)


def test_each_stranger_is_told_with_its_remedy(tape: Tape) -> None:
    """And each remedy once."""
    for place in ("a.py:1 in f", "b.py:2 in g"):
        tape.note(Stranger(name="requests", place=place, hint="do this"))
    tape.note(Stranger(name="socket", place="c.py:3 in h", hint="do that"))
    with pytest.raises(
        NothingToDo, match=r"requests at a\.py:1 in f; requests at b\.py:2 in g; socket at c\.py:3 in h"
    ) as told:
        close_with(tape, None)
    assert told.value.hint == "requests: do this; socket: do that"


def test_many_strangers_are_some(tape: Tape) -> None:
    """Their number is bounded."""
    for number in range(1000):
        tape.note(Stranger(name="requests", place=f"a.py:{number} in f", hint="do this"))
    assert len(tape.strangers) == 20


def test_what_is_not_on_disk_is_warned_of(tape: Tape, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the block raised: but nothing is raised for it."""
    monkeypatch.setattr(Tape, "trouble", "recording stopped: No space left on device (x)")
    with pytest.warns(RuntimeWarning, match="No space left"):
        close_with(tape, ValueError())


def test_all_played_is_no_matter_where_nothing_is_played(tape: Tape) -> None:
    """A tape that records has nothing unplayed; one where nothing was asked says that instead."""
    with pytest.raises(NothingToDo):
        close_with(tape, None, all_played=True)
    assert issubclass(Unmatched, CassetteError)
