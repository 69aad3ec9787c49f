"""`nexdiag replay`."""

from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import complain, deliver

NAME = "replay"
EXAMPLE = "Example: nexdiag replay cassettes/llama.cpp/five-back-to-back.cassette.jsonl"


def command(
    cassettes: Annotated[list[Path], typer.Argument(help="Cassettes, or directories of them.")],
) -> int:
    """Run a recorded conversation again, offline, with our executor: each turn is exact, changed, missing or extra."""
    from nexdiag.report import lines
    from nexdiag.report.visible import one_line
    from nexdiag.runner.replaying.several import exit_code, replay_all

    done = []
    for one in replay_all(cassettes):
        done.append(one)
        if one.error is not None:
            complain(one.error.what, one.error.hint, one.error)
        elif one.run is not None:
            deliver(f"{one_line(str(one.path))}\n{lines.replayed(one.run)}", None)
    return exit_code(done)
