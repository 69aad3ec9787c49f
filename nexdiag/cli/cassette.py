"""`nexdiag cassette`: the care of recordings."""

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nexdiag.cli.console import deliver, progress
from nexdiag.core.errors import UsageError

if TYPE_CHECKING:
    from nexdiag.core.exchange import Exchange

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_BROKEN = 3
_MOST = 20
Files = Annotated[list[Path], typer.Argument(metavar="FILE|DIR...", help="Cassettes, or directories of them.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A *.cassette.jsonl file.")]
Output = Annotated[Path | None, typer.Option("-o", help="Write to this file; it must not be there yet.")]
Told = Annotated[Path | None, typer.Option("-o", help="Write to this file instead of stdout.")]
InPlace = Annotated[bool, typer.Option("--in-place", help="Replace the file; the old one is kept as FILE.bak.")]


class Format(StrEnum):
    """How facts are written."""

    TEXT = "text"
    JSON = "json"


class Side(StrEnum):
    """Whose bytes."""

    REQUEST = "request"
    RESPONSE = "response"


FormatOption = Annotated[Format, typer.Option("--format", help="text or json.")]


@app.command(epilog="Example: nexdiag cassette check cassettes/")
def check(files: Files, form: FormatOption = Format.TEXT, output: Told = None) -> int:
    """Say whether recordings are whole and free of secrets. Exit 1 if one should be mended, 3 if one is broken."""
    from nexdiag.cli.console import settings
    from nexdiag.report.cassette.health import health_json, health_text
    from nexdiag.runner.cassettes.check import check_paths

    found = check_paths(files)
    deliver(health_json(found) if form is Format.JSON else health_text(found, quiet=settings.quiet), output)
    words = {one.word for one in found}
    broken = [one.file for one in found if one.word == "broken" and one.format is not None]  # it holds something
    if broken and form is Format.TEXT:
        progress().print(f"Next: nexdiag cassette repair {shlex.quote(broken[0])}")
    return _BROKEN if "broken" in words else int("warning" in words)


@app.command(epilog="Example: nexdiag cassette repair torn.cassette.jsonl -o whole.cassette.jsonl")
def repair(file: File, output: Output = None, in_place: InPlace = False) -> None:
    """Make a whole recording of a damaged one: each line that can be kept is kept, each other one is told."""
    from nexdiag.report.cassette.measured import size_of
    from nexdiag.report.visible import one_line
    from nexdiag.report.wording import count
    from nexdiag.runner.cassettes.repair import repair as mend

    _one_target(output, in_place)
    done = mend(file, output, in_place=in_place)
    if done.path is None:
        typer.echo(f"{file} is whole: nothing was written")
        return
    for one in done.left_out[:_MOST]:
        typer.echo(f"left out line {one.line}: {one_line(one.why)}")
    if len(done.left_out) > _MOST:
        typer.echo(f"left out {len(done.left_out) - _MOST:,} more lines")
    for one in done.bared[:_MOST]:
        typer.echo(f"kept line {one.line}: {one_line(one.why)}")
    if len(done.bared) > _MOST:
        typer.echo(f"kept {len(done.bared) - _MOST:,} more exchanges without their headers")
    kept = f"{count(done.turns, 'turn')}, {count(done.exchanges, 'exchange')}"
    typer.echo(f"wrote {done.path}   {kept}   {size_of(done.before)} → {size_of(done.after)}")
    if done.backup is not None:
        progress().print(f"the old one is kept as {done.backup}")


@app.command(epilog="Example: nexdiag cassette show greeting.cassette.jsonl --turn 2")
def show(
    file: File,
    turn: Annotated[int | None, typer.Option(help="This turn alone.", min=0)] = None,
    exchange: Annotated[
        int | None, typer.Option(help="This exchange in full: headers, messages, answer.", min=0)
    ] = None,
    raw: Annotated[Side | None, typer.Option(help="With --exchange: the bytes of this body, exactly.")] = None,
    curl: Annotated[int | None, typer.Option(help="A curl command that sends this request again.", min=0)] = None,
    times: Annotated[bool, typer.Option("--times/--no-times", help="When it was, and how long it took.")] = True,
    ids: Annotated[bool, typer.Option("--ids/--no-ids", help="What a server makes up anew for every answer.")] = True,
    log: Annotated[bool, typer.Option("--log/--no-log", help="The log lines.")] = True,
    textconv: Annotated[
        bool, typer.Option("--textconv", help="For git: no times, no ids, and never a failure.")
    ] = False,
) -> int:
    """Print a recording as text: what each turn said, what each request added, what came back."""
    from nexdiag.report.cassette import single
    from nexdiag.report.cassette.text import View
    from nexdiag.runner.cassettes import show as showing

    if textconv:
        _for_git(turn=turn, exchange=exchange, raw=raw, curl=curl, log=log)
        _bytes(showing.textconv(file))
        return 0
    showing.one_of(exchange, curl, turn)
    if raw is not None and exchange is None:
        raise UsageError("--raw needs the exchange whose bytes are wanted", hint=f"add: --exchange 0 --raw {raw}")
    cassette, faults = showing.opened(file)
    if curl is not None:
        deliver(single.curl(showing.chosen(cassette, curl), str(file)), None)
    elif exchange is not None:
        _single(showing.chosen(cassette, exchange), raw, times=times, ids=ids)
    else:
        deliver(showing.shown(cassette, View(times=times, ids=ids, log=log, turn=turn), faults), None)
    if faults:
        progress().print(f"the file is damaged, or a part of it is lost; see: nexdiag cassette check {file}")
    return _BROKEN if faults else 0


@app.command(epilog="Example: nexdiag cassette prune long.cassette.jsonl --turns 2-5 --no-log -o short.cassette.jsonl")
def prune(
    file: File,
    output: Output = None,
    in_place: InPlace = False,
    turns: Annotated[str | None, typer.Option(help="Keep these turns alone, such as 2-5 or 1,3,8-.")] = None,
    session: Annotated[str | None, typer.Option(help="Keep this session alone.")] = None,
    exchanges: Annotated[str | None, typer.Option(help="Keep these exchanges alone, such as 0,3.")] = None,
    no_log: Annotated[bool, typer.Option("--no-log", help="Leave out the log lines.")] = False,
    no_tools: Annotated[bool, typer.Option("--no-tools", help="Leave out the tool runs.")] = False,
    no_aside: Annotated[bool, typer.Option("--no-aside", help="Leave out exchanges that belong to no turn.")] = False,
) -> None:
    """Make a smaller recording. What stays is byte for byte as it was, and keeps its numbers."""
    from nexdiag.report.cassette.measured import size_of
    from nexdiag.report.visible import one_line
    from nexdiag.runner.cassettes.prune import Keep
    from nexdiag.runner.cassettes.pruning import prune_file

    _one_target(output, in_place, wanted=True)
    keep = Keep(
        turns=turns, session=session, exchanges=exchanges, log=not no_log, tools=not no_tools, aside=not no_aside
    )
    if keep == Keep():
        raise UsageError("nothing to leave out was named", hint="name --turns, --exchanges, --session, --no-log, ...")
    done = prune_file(file, keep, None if in_place else output)
    for line in done.dropped:
        typer.echo(one_line(line))
    typer.echo(f"wrote {done.path}   {size_of(done.before)} → {size_of(done.after)}")
    if done.backup is not None:
        progress().print(f"the old one is kept as {done.backup}")


@app.command(epilog="Example: nexdiag cassette stats cassettes/ --format json")
def stats(files: Files, form: FormatOption = Format.TEXT, output: Told = None) -> None:
    """Count what recordings hold: turns, exchanges, messages sent and stored, bytes, tokens, times."""
    from nexdiag.report.cassette.measured import measure_json, measure_text
    from nexdiag.runner.cassettes.files import read
    from nexdiag.runner.cassettes.measure import measure
    from nexdiag.runner.load import find

    found = [measure(read(path), str(path)) for path in find(files)]
    deliver(measure_json(found) if form is Format.JSON else measure_text(found), output)


@app.command("git-setup", epilog="Example: nexdiag cassette git-setup")
def git_setup(
    directory: Annotated[Path, typer.Option("--dir", help="Any directory of the repository.")] = Path(),
) -> None:
    """Tell git to show recordings as text, in this repository: `git diff` and `git log -p` are readable then."""
    from nexdiag.runner.cassettes.git import set_up

    for line in set_up(directory) or ["git shows recordings as text already"]:
        typer.echo(line)


def _for_git(*, log: bool, **parts: object) -> None:
    """Git compares the whole, without times and ids: nothing else can be asked for. Raises `UsageError`."""
    asked = [f"--{name}" for name, value in parts.items() if value is not None] + ["--no-log"] * (not log)
    if asked:
        raise UsageError(f"--textconv shows the whole recording: not with {asked[0]}", hint="leave one of them out")


def _single(exchange: "Exchange", raw: Side | None, *, times: bool, ids: bool) -> None:
    from nexdiag.report.cassette.single import single
    from nexdiag.runner.cassettes.show import raw_side

    if raw is not None:
        _bytes(raw_side(exchange, raw))
    else:
        deliver(single(exchange, times=times, ids=ids), None)


def _bytes(raw: bytes) -> None:
    """Bytes as they are: no encoding of the terminal's, no line end added."""
    sys.stdout.flush()
    sys.stdout.buffer.write(raw)
    sys.stdout.buffer.flush()


def _one_target(output: Path | None, in_place: bool, *, wanted: bool = False) -> None:
    if output is not None and in_place:
        raise UsageError("-o and --in-place do not go together", hint="name one of them")
    if wanted and output is None and not in_place:
        raise UsageError("where to write was not named", hint="name a new file: -o FILE; or say --in-place")
