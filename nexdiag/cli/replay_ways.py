"""What `nexdiag replay` does: one function for each of its ways. Imported when a replay begins, not before."""

import functools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from nexdiag.cli.console import complain, deliver, progress, settings, to_step_summary
from nexdiag.core.errors import NexdiagError, NothingToDo, UsageError
from nexdiag.runner.load import STDIN
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.options import Typed, how_of
from nexdiag.runner.settings import Replay, replay_defaults

if TYPE_CHECKING:
    from nexdiag.core.run import Replayed
    from nexdiag.runner.replaying.many.selection import Chosen

__all__ = ["Typed"]

_ALL = "all"
_LIVE = "live"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How the verdicts are written, and where."""

    form: str = "text"
    output: Path | None = None


class Many(msgspec.Struct, frozen=True, kw_only=True):
    """Which of several recordings are replayed, and how."""

    only: tuple[str, ...] = ()
    shard: str | None = None
    jobs: int | None = None
    turn: int | None = None
    fail_fast: bool = False


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """From where on a recording is gone on with, and with whom."""

    until: int | None = None
    first: int | None = None
    then: str | None = None
    session: str | None = None
    endpoint: str | None = None
    model: str | None = None
    key_variable: str | None = None
    cassette: Path | None = None


def chosen(typed: Typed, workspace: Path | None = None) -> tuple[How, Replay]:
    """What is to be done, and what the settings say beside."""
    defaults = replay_defaults(os.environ, Path.cwd())
    how = how_of(typed, defaults)
    if workspace is None:
        return how, defaults
    if not how.live_tools:
        hint = "say --tools live, too, if tools are to run for real"
        raise UsageError("--workspace is for --tools live: no tool runs without it", hint=hint)
    if not workspace.is_dir():
        raise UsageError(f"no directory at {workspace}", hint="name the one that tools are to work in: --workspace DIR")
    return msgspec.structs.replace(how, workspace=workspace), defaults


def _meant(paths: Sequence[Path], example: str) -> "list[Chosen]":
    """The recordings that are meant, each once, and why a name stands for none. Raises `UsageError` for no name."""
    from nexdiag.runner.replaying.many.selection import select

    if not paths:
        raise UsageError("a cassette is wanted", hint=f"for example: {example}")
    if STDIN in map(str, paths):
        hint = "save it first: cat > FILE"
        raise UsageError("a cassette is read from stdin (-) by a plain replay alone", hint=hint)
    return select(paths)


def keep_apart(paths: Sequence[Path], output: Path | None) -> None:
    """Raise `UsageError` where what is written would take the place of a recording that is replayed."""
    from nexdiag.runner import overwriting
    from nexdiag.runner.replaying.many.selection import select

    if output is None:
        return
    overwriting.keep_apart(output, paths, what="what is replayed")  # before a name that stands for nothing is told
    found = (
        [Path(one.path) for one in select(paths) if one.error is None] if paths and STDIN not in map(str, paths) else []
    )
    overwriting.keep_apart(output, found, what="what is replayed")


class _Each:
    """Recordings, one after the other. One that cannot be worked on is told, and does not stop the others."""

    def __init__(self, chosen: "Sequence[Chosen]") -> None:
        self._chosen = chosen
        self._errors: list[NexdiagError] = []

    def __iter__(self) -> Iterator[Path]:
        for one in self._chosen:
            if one.error is not None:
                self.tell(one.error)
            else:
                yield Path(one.path)

    def tell(self, error: NexdiagError) -> None:
        """One that was not worked on."""
        complain(error.what, error.hint, error)
        self._errors.append(error)

    def code(self, codes: Sequence[int]) -> int:
        """3 if one could not be read, else the worst of what came of the others, else that there was nothing to do."""
        left = {error.exit_code for error in self._errors}
        if NexdiagError.exit_code in left:
            return NexdiagError.exit_code
        return max(codes) if codes else min(left, default=NothingToDo.exit_code)


def again(paths: Sequence[Path], how: How, told: Told, many: Many) -> int:
    """Our executor says it again; foreign recordings are sent again as they were."""
    from nexdiag.report.replay import text
    from nexdiag.report.replay.formats import STREAMED
    from nexdiag.runner.replaying.many.selection import shard_of
    from nexdiag.runner.replaying.many.several import exit_code, played, replay_all

    if not paths:
        raise UsageError("a cassette is wanted", hint="for example: nexdiag replay cassettes/")
    shard = shard_of(many.shard) if many.shard is not None else None
    jobs = 1 if many.jobs is None else many.jobs
    if how.live_tools and jobs != 1:
        raise UsageError("--tools live and --jobs do not go together", hint="tools run for real, one after the other")
    play = functools.partial(played, warn=progress().print) if how.live_tools else played
    done = []
    for one in replay_all(
        paths, how, play=play, only=many.only, shard=shard, jobs=jobs, fail_fast=many.fail_fast, turn=many.turn
    ):
        done.append(one)
        _found(exit_code(done))
        if one.code and one.run is None and told.form == "text":
            complain(one.what, one.hint, RuntimeError(one.what))
        elif told.output is None and told.form == "jsonl":
            deliver(STREAMED[told.form](one), None)
        elif told.output is None and told.form == "text":
            brief = len(paths) > 1 or paths[0].is_dir()
            deliver(text.recording(one, verbose=settings.verbose > 0, speed=how.speed, brief=brief), None)
    if told.output is not None or told.form not in STREAMED:
        _deliver(done, told, how)
    elif told.form == "text":
        deliver(text.summary(done), None)
    return exit_code(done)


def serve(paths: Sequence[Path], how: How, told: Told, port: int) -> int:
    """Answer any client until a signal comes; then the verdicts."""
    from nexdiag.report.replay.verdict import fails
    from nexdiag.runner.replaying.served.listening import listen

    if not paths:
        raise UsageError("a cassette to serve is wanted", hint="for example: nexdiag replay cassettes/ --serve")
    done = listen(paths, how, port=port, told=progress().print, listening=_listening)
    code = _found(max(int(fails(one)) for one in done))
    _deliver(done, told, how)
    return code


def wrap(words: Sequence[str], paths: Sequence[Path], how: How, told: Told, port: int) -> int:
    """A command, answered from its recording."""
    from nexdiag.runner.replaying.served.command import played

    came = played(words, paths, how, environment=os.environ, told=progress().print, port=port)
    if came.replayed:
        if not paths:  # it was chosen by its command
            keep_apart([Path(one.path) for one in came.replayed], told.output)
        _found(came.exit_code)
        _deliver(came.replayed, told, how)
    return came.exit_code


def survive(paths: Sequence[Path], how: How, told: Told, faults: str) -> int:
    """Each fault at each place, and the table of what was survived."""
    from nexdiag.codec.body import Splitter
    from nexdiag.report.survival import survival_json, tables
    from nexdiag.runner.load import load
    from nexdiag.runner.replaying.campaign.strikes import campaign

    if faults != _ALL:
        hint = f"all of them: --faults {_ALL}; a single one: --fault cut@2#5"
        raise UsageError(f"--faults {faults!r} is not known", hint=hint)
    forms = {"text": tables, "json": survival_json}
    if told.form not in forms:
        raise UsageError(f"--format {told.form} is not for a table of faults", hint="text or json")
    done = []
    each = _Each(_meant(paths, "nexdiag replay cassettes/ --faults all"))
    for path in each:
        splitter = Splitter()
        try:
            done.append(campaign(load(path, splitter=splitter), how, splitter=splitter))
        except NexdiagError as error:
            each.tell(error)
    code = _found(each.code([int(bool(one.lost)) for one in done]))
    if done:
        deliver(forms[told.form](done), told.output)
    return code


def go_on(paths: Sequence[Path], how: How, told: Told, live: Live) -> int:
    """Play the first turns, and say the others live."""
    from nexdiag.report.replay import onward as report
    from nexdiag.runner.replaying.onward.going_on import Further, go_on
    from nexdiag.runner.replaying.onward.target import Target

    if (live.until is not None) != (live.then is not None) or live.then not in (None, _LIVE):
        raise UsageError("--until N and --then live go together", hint="nexdiag replay FILE --until 2 --then live")
    found = _meant(paths, "nexdiag replay FILE --from 2")
    if len(found) != 1:
        raise UsageError(f"one recording is wanted, found {len(found)}", hint="nexdiag replay FILE --from 2")
    if found[0].error is not None:
        raise found[0].error
    target = Target(url=live.endpoint, model=live.model, key_variable=live.key_variable)
    until = live.until if live.until is not None else (live.first or 1) - 1
    wanted = Further(until=until, target=target, output=live.cassette, session=live.session)
    console = progress()
    came = go_on(
        Path(found[0].path),
        wanted,
        how=how,
        told=lambda one: console.print(report.passed(one)),
        warn=console.print,
    )
    _found(came.code)
    deliver(report.outcome(came), told.output)
    return came.code


def study(paths: Sequence[Path], words: Sequence[str] | None, how: How, told: Told) -> int:
    """Several times, in environments that differ; what varies in the requests."""
    from nexdiag.runner.replaying.determinism.commands import of_words
    from nexdiag.runner.replaying.determinism.lines import lines
    from nexdiag.runner.replaying.determinism.study import of_executor

    if words is not None:
        found = of_words(words, paths, how, environ=os.environ)
        _found(found.code)
        deliver(lines(found), told.output)
        return found.code
    studies = {}
    each = _Each(_meant(paths, "nexdiag replay cassettes/ --determinism"))
    for path in each:
        try:
            studies[path] = of_executor(path, ignore=how.ignore)
        except NexdiagError as error:
            each.tell(error)
    code = _found(each.code([one.code for one in studies.values()]))
    deliver("\n".join(f"{path}\n{lines(one)}" for path, one in studies.items()), told.output if studies else None)
    return code


def _found(code: int) -> int:
    """The exit code, before the verdicts are told: whoever reads them may go, and then it still holds."""
    settings.found = code
    return code


def _deliver(done: "Sequence[Replayed]", told: Told, how: How) -> None:
    from nexdiag.report.replay import text
    from nexdiag.report.replay.formats import FORMATS

    if told.form == "text":
        written = text.whole(done, verbose=settings.verbose > 0, speed=how.speed)
    else:
        written = FORMATS[told.form](done)
    deliver(written, told.output)
    if told.form == "github":
        from nexdiag.report.replay.github import step_summary

        to_step_summary(lambda already: step_summary(done, already=already))


def _listening(url: str) -> None:
    typer.echo(f"listening {url}")
