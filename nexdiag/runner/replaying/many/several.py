"""Several recordings: which, in which order, by how many processes. One that cannot be played does not stop others.

Law: what comes out does not depend on how many processes had a part in it, and comes in the order named.
"""

import functools
import os
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError, NexdiagError, NothingToDo, UsageError
from nexdiag.core.run import Replayed, Run
from nexdiag.report.replay.verdict import fails
from nexdiag.report.wording import count
from nexdiag.runner.load import load
from nexdiag.runner.replaying.age import expired
from nexdiag.runner.replaying.conversations import ours
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.many.selection import Chosen, Shard, select
from nexdiag.runner.replaying.many.slim import slim
from nexdiag.runner.replaying.many.unrecorded import unrecorded
from nexdiag.runner.replaying.many.workers import cores, in_order
from nexdiag.runner.replaying.replay import replay
from nexdiag.runner.replaying.tools import Live, tools_for

Play = Callable[[Path, How, int | None], Run]
"""Plays one recording as it was chosen, all of it or one turn. A function of a module: processes know it by name."""
_AGAIN = "see it whole with: nexdiag -vv replay, and this recording alone"


def played(path: Path, how: How, turn: int | None, *, warn: Callable[[str], None] = lambda line: None) -> Run:
    """One recording, in the way that fits it: by our executor, or by its own requests.

    One `turn` is played from where its first request began: the conversation before it is believed. `warn` hears
    which tools will run for real, before any does.
    """
    splitter = Splitter()
    cassette = load(path, splitter=splitter)
    live = _live(cassette, how) if how.live_tools else None
    if live is not None:
        warn(live.warning)
    tools = live.tools if live is not None else None
    try:
        run = replay(cassette if turn is None else _cut(cassette, turn), how, splitter=splitter, tools=tools)
    except NothingToDo as error:
        if cassette.tear:
            raise CassetteError(_torn(str(path), cassette.tear), hint=_repair(str(path))) from error
        raise
    unsaid = unrecorded(cassette) if turn is None else ()
    return msgspec.structs.replace(
        run,
        replayed=(*run.replayed, *unsaid),
        expired=run.expired or expired(cassette.header, how.max_age, time.time()),
    )


def _live(cassette: Cassette, how: How) -> Live | None:
    """Its tools; None if it has none. Raises `UsageError` for a recording of another client, whose tools it has."""
    if not (cassette.turns and ours(cassette)):
        what = f"{cassette.name} was recorded from another client: no tool of it can run here"
        raise UsageError(what, hint="leave --tools live away, or run the client itself: nexdiag replay FILE -- COMMAND")
    return tools_for(cassette, workspace=how.workspace, environ=os.environ)


def _cut(cassette: Cassette, turn: int) -> Cassette:
    turns = tuple(one for one in cassette.turns if one.number == turn)
    if not turns:
        numbers = [one.number for one in cassette.turns]
        hint = f"it has turns {min(numbers)} to {max(numbers)}" if numbers else "see it: nexdiag cassette show"
        raise NothingToDo(f"{cassette.name} has no turn {turn}", hint=hint)
    return msgspec.structs.replace(
        cassette,
        turns=turns,
        exchanges=tuple(one for one in cassette.exchanges if one.turn == turn),
        tool_runs=tuple(one for one in cassette.tool_runs if one.turn == turn),
        log=(),
    )


def replay_all(  # noqa: PLR0913 - each is an option of the command
    paths: Sequence[Path],
    how: How | None = None,
    *,
    play: Play = played,
    only: Sequence[str] = (),
    shard: Shard | None = None,
    jobs: int = 1,
    fail_fast: bool = False,
    turn: int | None = None,
) -> Iterator[Replayed]:
    """Play each recording that is meant, once; tell each as it is done, in order.

    `jobs` processes, 0 for as many as there are cores. With `fail_fast`, what stands behind the first that fails is
    told as not played. Runs are slim. What was chosen and does not fit one recording, as a fault that cannot strike
    it, is told of that one. Raises `NothingToDo` where `only` leaves nothing.
    """
    chosen = select(paths, only=only)
    mine = [one for one in chosen if shard is None or shard.has(one.path)]
    if not mine and chosen:
        yield Replayed(path=f"shard {shard}", what=f"it has none of {count(len(chosen), 'recording')}")
    one_by_one = functools.partial(_one, play=play, how=how or How(), turn=turn, alone=len(mine) == 1)
    came = _by_processes(one_by_one, mine, jobs) if jobs != 1 and len(mine) > 1 else map(one_by_one, mine)
    for place, one in enumerate(came, start=1):
        yield one
        if fail_fast and fails(one):
            first = f"{one.path} failed before it (--fail-fast)"
            yield from (Replayed(path=rest.path, what=first) for rest in mine[place:])
            return


def exit_code(done: Sequence[Replayed]) -> int:
    """3 if one was broken, else 1 if one failed, else 0 if one was played or left out on purpose.

    If none was: 2 if what was chosen fits none of them, else 4.
    """
    broken = CassetteError.exit_code
    codes = {one.code if one.run is None or one.code == broken else int(fails(one)) for one in done}
    order = (broken, 1, 0, UsageError.exit_code)
    return next((code for code in order if code in codes), NothingToDo.exit_code)


def _by_processes(work: Callable[[Chosen], Replayed], todo: Sequence[Chosen], jobs: int) -> Iterator[Replayed]:
    return in_order(work, todo, jobs or cores(), _died)


def _died(one: Chosen, why: str) -> Replayed:
    what = f"the process that replayed {one.path} died: {why}"
    return Replayed(path=one.path, what=what, hint="replay it alone: nexdiag -vv replay", code=NexdiagError.exit_code)


def _one(one: Chosen, *, play: Play, how: How, turn: int | None, alone: bool) -> Replayed:
    if one.error is not None:
        return _failed(one.path, one.error)
    try:
        return _judged(one.path, play(Path(one.path), how, turn), how)
    except NexdiagError as error:
        return _failed(one.path, error)
    except Exception as error:
        if alone:
            raise
        code = NexdiagError.exit_code
        return Replayed(path=one.path, what=f"internal error: {error!r}", hint=_AGAIN, code=code)


def _failed(path: str, error: NexdiagError) -> Replayed:
    return Replayed(path=path, what=error.what, hint=error.hint, code=error.exit_code)


def _judged(path: str, run: Run, how: How) -> Replayed:
    """The run, and why it may not pass although each turn that was played came out as it was recorded."""
    one = Replayed(path=path, run=slim(run))
    if run.cassette.tear:
        what = _torn(path, run.cassette.tear)
        return msgspec.structs.replace(one, what=what, hint=_repair(path), code=CassetteError.exit_code)
    if run.differs:
        return one
    if run.expired and how.expired == "fail":
        hint = f"record it again, from its first turn: nexdiag replay {shlex.quote(path)} --from 1 -e URL"
        return msgspec.structs.replace(
            one, what=run.expired, hint=hint if run.how == "rerun" else "record it again", code=1
        )
    return one


def _torn(path: str, tear: str) -> str:
    """`FILE is torn at line 45: ...`."""
    line, torn, rest = tear.partition(" is torn ")
    rest = rest.removeprefix("(").replace("); ", "; ", 1)
    return f"{path} is torn at {line}: {rest}" if torn else f"{path} is torn: {tear}"


def _repair(path: str) -> str:
    return f"nexdiag cassette repair {shlex.quote(path)}"
