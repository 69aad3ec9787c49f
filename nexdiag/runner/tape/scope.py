"""`use_cassette` and `record`: a block, or a function, in which every httpx and httpx2 client meets a tape."""

import contextlib
import functools
import inspect
import os
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import msgspec

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.core.errors import CassetteError, UsageError
from nexdiag.core.fault import Fault
from nexdiag.runner.provenance import commit
from nexdiag.runner.replaying.how import How
from nexdiag.runner.tape import frames
from nexdiag.runner.tape.choice import choice
from nexdiag.runner.tape.clients import cover
from nexdiag.runner.tape.modes import RecordMode, mode_of, plan
from nexdiag.runner.tape.patching import release
from nexdiag.runner.tape.tape import Tape
from nexdiag.runner.tape.verdict import close_with
from nexdiag.runner.tape.watch import Stranger, looking_away, watch

_FunctionT = TypeVar("_FunctionT", bound=Callable[..., Any])
_FOREIGN = (".yaml", ".yml", ".har")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a scope is to do."""

    path: Path
    mode: RecordMode
    redact: tuple[str, ...] = ()
    session: str = ""
    all_played: bool = False
    how: How = How()
    transports: tuple[type, ...] = ()
    new: bool = False
    """Whether the file must not be there."""


class Scope:
    """A context manager, sync and async, and a decorator. Each use has a tape of its own."""

    def __init__(self, wish: Wish) -> None:
        """Nothing is read or patched before it is entered."""
        self._wish = wish
        self._frame: frames.Frame | None = None
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Tape:
        """Begin. Raises `CassetteError` if the file cannot be read, or is not to be there."""
        if self._frame is not None:
            raise UsageError(f"the scope of {self._wish.path} is open already", hint="make one for each block")
        tape = _tape(self._wish)
        with contextlib.ExitStack() as undo:
            for owner, name in cover(self._wish.transports):
                undo.callback(release, owner, name)
            for owner, name in watch(_note):
                undo.callback(release, owner, name)
            self._undo = undo.pop_all()
        self._frame = frames.enter(tape)
        return tape

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End: put everything back, close the file, and say what is to be said (`verdict`)."""
        frame, self._frame = self._frame, None
        assert frame is not None, "entered before"
        frames.leave(frame)
        self._undo.close()
        frame.tape.close(raised=error is not None and not _left_well(error))
        close_with(frame.tape, error, all_played=self._wish.all_played)

    async def __aenter__(self) -> Tape:
        """Begin."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End."""
        self.__exit__(kind, error, traceback)

    def __call__(self, function: _FunctionT) -> _FunctionT:
        """The function, each call of it in a scope of its own; also a coroutine function, or a generator."""
        around: Any = functools.wraps(function)(_around(function, self._wish))
        within: _FunctionT = around
        return within


def use_cassette(  # noqa: PLR0913 - what a user may choose
    path: str | os.PathLike[str],
    record_mode: str = "none",
    *,
    redact: str | Iterable[str] = (),
    session: str = "",
    all_played: bool = False,
    speed: float | None = None,
    transports: Iterable[type] = (),
    faults: str | Fault | Iterable[str | Fault] = (),
    match: str = "exact",
    ignore: str | Iterable[str] = (),
    split: str = "recorded",
    seed: int = 0,
) -> Scope:
    """Play a cassette to the httpx and httpx2 clients of a block or function, or record one.

        with nexdiag.use_cassette("weather.cassette.jsonl") as tape:
            agent.run("What is the weather?")       # answered from the recording, the network is not needed

    `record_mode` is one of vcrpy's: `none` (the default: a request without a recording raises `Unmatched`), `once`,
    `new_episodes`, `all`, `rewrite`. The value in the block has `cassette`, `played`, `recorded` and `unplayed`.

    `redact`: regular expressions of what must not be written, beside what never is. `session`: the name of the
    conversation. `all_played`: a recorded exchange that nobody asked for is an error at the end. `speed`: 1 plays
    at the recorded pace; at once by default. `transports`: classes of other transports to cover.

    `faults`: what goes wrong with the answers that are played, as text (`status:429@1,retry-after=0`) or as `Fault`:

        with nexdiag.use_cassette("weather.cassette.jsonl", faults="cut@1#3"):
            agent.run("What is the weather?")       # the first answer breaks off behind its chunk 3

    `match`: `exact`, `prefix` or `turn`. `ignore`: rules of what does not count in a request. `split`: the pieces in
    which answers come: `recorded`, `whole`, `byte`, `utf8` or `data`. `seed`: what is left to chance is drawn by it.

    Raises `UsageError` for an unknown mode, or a choice that is none; in the block `CassetteError` if the file cannot
    be read, `Unmatched`, and at its end `NothingToDo` if there was nothing to record, or a fault never struck.
    """
    mode = mode_of(record_mode)
    how = choice(mode, faults=faults, match=match, ignore=ignore, split=split, seed=seed, speed=speed)
    return Scope(_wish(path, mode, redact, session=session, all_played=all_played, how=how, transports=transports))


def record(
    path: str | os.PathLike[str],
    *,
    redact: str | Iterable[str] = (),
    session: str = "",
    transports: Iterable[type] = (),
) -> Scope:
    """Record the httpx and httpx2 clients of a block or function to a new file.

        with nexdiag.record("weather.cassette.jsonl"):
            agent.run("What is the weather?")

    As `use_cassette` with `record_mode="all"`, but that a file which exists is an error: nothing is ever replaced.
    """
    return Scope(_wish(path, RecordMode.ALL, redact, session=session, transports=transports, new=True))


def _wish(path: str | os.PathLike[str], mode: str, redact: str | Iterable[str], **more: Any) -> Wish:  # noqa: ANN401 - the rest of a wish
    where = Path(path)
    if where.suffix in _FOREIGN:
        hint = f"make a cassette of it with: nexdiag convert {where} {where.with_suffix('.cassette.jsonl')}"
        raise UsageError(f"{where} is no name for a cassette", hint=hint)
    patterns = (redact,) if isinstance(redact, str) else tuple(redact)
    more["transports"] = tuple(more["transports"])
    for owner in more["transports"]:
        if not (hasattr(owner, "handle_request") or hasattr(owner, "handle_async_request")):
            raise UsageError(f"{owner!r} is no class of a transport", hint="name classes of httpx or httpx2 transports")
    return Wish(path=where, mode=mode_of(mode), redact=patterns, **more)


def _tape(wish: Wish) -> Tape:
    exists = wish.path.exists()
    if wish.new and exists:
        hint = 'name another file, or use use_cassette(..., record_mode="all") to record it again'
        raise CassetteError(f"cannot record to {wish.path}: it exists", hint=hint)
    if wish.mode is RecordMode.NONE and not exists:
        raise CassetteError(f"no cassette at {wish.path}", hint='record one with record_mode="once"')
    at = ""
    if plan(wish.mode, exists=exists).into in ("new", "beside"):  # a file with a header of its own
        with looking_away():
            at = commit(Path())
    return Tape(
        wish.path,
        wish.mode,
        redact=wish.redact,
        secrets=secrets_of(os.environ),
        session=wish.session,
        commit=at,
        how=wish.how,
    )


def _note(stranger: Stranger) -> None:
    for tape in frames.tapes_here():
        tape.note(stranger)


def _left_well(error: BaseException) -> bool:
    """Whether the block ended as it wanted to: `sys.exit()` is no failure."""
    return isinstance(error, SystemExit) and not error.code


def _around(function: Callable[..., Any], wish: Wish) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(function):

        async def around_async_generator(*args: Any, **more: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - the function's own
            with Scope(wish):
                async for one in function(*args, **more):
                    yield one

        return around_async_generator
    if inspect.iscoroutinefunction(function):

        async def around_coroutine(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - the function's own
            with Scope(wish):
                return await function(*args, **more)

        return around_coroutine
    if inspect.isgeneratorfunction(function):

        def around_generator(*args: Any, **more: Any) -> Generator[Any, Any, Any]:  # noqa: ANN401 - the function's own
            with Scope(wish):
                return (yield from function(*args, **more))

        return around_generator

    def around(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - the function's own
        with Scope(wish):
            return function(*args, **more)

    return around
