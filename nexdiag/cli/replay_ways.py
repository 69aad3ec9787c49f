"""What `nexdiag replay` does: one function for each of its ways. Imported when a replay begins, not before."""

import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from nexdiag.cli.console import complain, deliver, progress, settings
from nexdiag.core.errors import NothingToDo, UsageError
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.options import Typed, how_of
from nexdiag.runner.replaying.served.chosen import find_named
from nexdiag.runner.settings import Replay, replay_defaults

if TYPE_CHECKING:
    from nexdiag.core.run import Replayed

__all__ = ["Typed"]

_SUMMARY = "GITHUB_STEP_SUMMARY"
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


def only_one(ways: Mapping[str, object]) -> str:
    """The one way that was asked for; an empty string for none. Raises `UsageError` for several."""
    named = [name for name, value in ways.items() if value]
    if len(named) > 1:
        hint = "one at a time; see: nexdiag replay --help"
        raise UsageError(f"{named[0]} and {named[1]} do not go together", hint=hint)
    return named[0] if named else ""


def demand(allowed: bool, options: Mapping[str, object], what: str) -> None:
    """Nothing that was asked for is ignored. Raises `UsageError`."""
    for name, value in options.items():
        if value is not None and not allowed:
            raise UsageError(f"{name} is for {what}", hint="see: nexdiag replay --help")


def chosen(typed: Typed) -> tuple[How, Replay]:
    """What is to be done, and what the settings say beside."""
    defaults = replay_defaults(os.environ, Path.cwd())
    return how_of(typed, defaults), defaults


def paths_of(cassettes: Sequence[str], *, selected: bool) -> list[Path]:
    """The recordings that are meant. Where several are selected from, names and patterns are read there."""
    return [Path(one) if selected else find_named(one) for one in cassettes]


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
    _deliver(done, told, how)
    return max(int(fails(one)) for one in done)


def wrap(words: Sequence[str], paths: Sequence[Path], how: How, told: Told, port: int) -> int:
    """A command, answered from its recording."""
    from nexdiag.runner.replaying.served.command import played

    came = played(words, paths, how, environment=os.environ, told=progress().print, port=port)
    if came.replayed:
        _deliver(came.replayed, told, how)
    return came.exit_code


def survive(paths: Sequence[Path], how: How, told: Told, faults: str) -> int:
    """Each fault at each place, and the table of what was survived."""
    from nexdiag.codec.body import Splitter
    from nexdiag.report.survival import survival_json, tables
    from nexdiag.runner.load import find, load
    from nexdiag.runner.replaying.campaign.strikes import campaign

    if faults != _ALL:
        hint = f"all of them: --faults {_ALL}; a single one: --fault cut@2#5"
        raise UsageError(f"--faults {faults!r} is not known", hint=hint)
    forms = {"text": tables, "json": survival_json}
    if told.form not in forms:
        raise UsageError(f"--format {told.form} is not for a table of faults", hint="text or json")
    done = []
    for path in find(list(paths)):
        splitter = Splitter()
        try:
            done.append(campaign(load(path, splitter=splitter), how, splitter=splitter))
        except NothingToDo as error:
            complain(error.what, error.hint, error)
    if not done:
        raise NothingToDo("no fault was laid over anything", hint="name a recording of our executor")
    deliver(forms[told.form](done), told.output)
    return int(any(one.lost for one in done))


def go_on(
    paths: Sequence[Path],
    how: How,
    told: Told,
    *,
    until: int | None,
    first: int | None,
    then: str | None,
    live: Mapping[str, Any],
) -> int:
    """Play the first turns, and say the others live."""
    from nexdiag.report.replay import onward as report
    from nexdiag.runner.replaying.onward.going_on import Further, go_on
    from nexdiag.runner.replaying.onward.target import Target

    if (until is not None) != (then is not None) or then not in (None, _LIVE):
        raise UsageError("--until N and --then live go together", hint="nexdiag replay FILE --until 2 --then live")
    if len(paths) != 1:
        raise UsageError(f"one recording is wanted, found {len(paths)}", hint="nexdiag replay FILE --from 2")
    target = Target(url=live["-e"], model=live["-m"], key_variable=live["--key-env"])
    wanted = Further(until=until if until is not None else (first or 1) - 1, target=target, output=live["--cassette"])
    console = progress()
    came = go_on(
        paths[0],
        wanted,
        how=how,
        told=lambda one: console.print(report.passed(one)),
        warn=console.print,
    )
    deliver(report.outcome(came), told.output)
    return came.code


def study(paths: Sequence[Path], words: Sequence[str] | None, how: How, told: Told) -> int:
    """Several times, in environments that differ; what varies in the requests."""
    from nexdiag.runner.load import find
    from nexdiag.runner.replaying.determinism.commands import of_words
    from nexdiag.runner.replaying.determinism.lines import lines
    from nexdiag.runner.replaying.determinism.study import of_executor

    if told.form != "text":
        raise UsageError(f"--format {told.form} is not for --determinism", hint="it is told as text")
    if words is not None:
        found = of_words(words, paths, how, environ=os.environ)
        deliver(lines(found), told.output)
        return found.code
    studies = {path: of_executor(path, ignore=how.ignore) for path in find(list(paths))}
    deliver("\n".join(f"{path}\n{lines(one)}" for path, one in studies.items()), told.output)
    return max(one.code for one in studies.values())


def _deliver(done: "Sequence[Replayed]", told: Told, how: How) -> None:
    from nexdiag.report.replay import text
    from nexdiag.report.replay.formats import FORMATS

    if told.form == "text":
        written = text.whole(done, verbose=settings.verbose > 0, speed=how.speed)
    else:
        written = FORMATS[told.form](done)
    deliver(written, told.output)
    summary = os.environ.get(_SUMMARY)
    if told.form == "github" and summary:
        _summarise(done, Path(summary))


def _summarise(done: "Sequence[Replayed]", page: Path) -> None:
    """Append to the page that GitHub shows for this step. Where it cannot be written, the annotations say it all."""
    from nexdiag.report.replay.github import step_summary

    try:
        already = page.stat().st_size if page.exists() else 0
        with page.open("a", encoding="utf-8", errors="replace") as file:
            file.write(step_summary(done, already=already))
    except OSError as error:
        progress().print(f"no summary: cannot write {page}: {error.strerror}")


def _listening(url: str) -> None:
    typer.echo(f"listening {url}")
