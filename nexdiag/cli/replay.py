"""`nexdiag replay`."""

from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import deliver

NAME = "replay"
EXAMPLE = "Example: nexdiag replay cassettes/llama.cpp/five-back-to-back.cassette.jsonl"


def command(
    cassettes: Annotated[list[Path], typer.Argument(help="Cassettes, or directories of them.")],
) -> int:
    """Run a recorded conversation again, offline, with our executor: each turn is exact, changed, missing or extra."""
    from nexdiag.codec.body import Splitter
    from nexdiag.report import lines
    from nexdiag.runner.load import find, load
    from nexdiag.runner.rerun import rerun

    exact = True
    for path in find(cassettes):
        splitter = Splitter()
        run = rerun(load(path, splitter=splitter), splitter=splitter)
        deliver(lines.replayed(run), None)
        exact = exact and all(turn.outcome == "exact" for turn in run.replayed)
    return int(not exact)
