"""`nexdiag demo`."""

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nexdiag.cli.console import progress, results

if TYPE_CHECKING:
    from nexdiag.demo.show import Told

NAME = "demo"
EXAMPLE = "Example: nexdiag demo --keep"


def command(
    reports: Annotated[Path, typer.Option(help="Where demo.html is written.")] = Path("reports"),
    keep: Annotated[bool, typer.Option("--keep", help="Keep the scratch directory: cassettes, state, logs.")] = False,
    stub: Annotated[bool, typer.Option("--stub", help="Do not use a real llama.cpp, even where one is there.")] = False,
) -> None:
    """Show the main job on an embedded endpoint: record, replay, judge, report; then the founding incident."""
    from nexdiag.demo.show import show
    from nexdiag.endpoint import llama

    began = time.perf_counter()
    console = progress()
    real = llama.available() and not stub
    if not real and not stub:
        console.print("The extra nexdiag[llama] is not installed: a stub serves instead of a real llama.cpp.")
    scratch = Path(tempfile.mkdtemp(prefix="nexdiag-demo-"))
    try:
        shown = show(scratch, reports, real=real, tell=_tell)
    finally:
        if keep:
            console.print(f"kept {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    out = results()
    out.print(
        f"\n✓ 5 messages live, recorded, replayed offline, judged; 4 of 4 faults named   "
        f"{shown.requests} exchanges   {time.perf_counter() - began:.1f} s"
    )
    out.print(f"report   {shown.page}   (open it in a browser)")
    console.print("Next: nexdiag capture SCENARIO -e URL -m MODEL   against your own server")


def _tell(told: "Told") -> None:
    from nexdiag.report import smoke
    from nexdiag.report.lint import text

    console = progress()
    if told.heading is not None:
        console.print(f"\n{told.heading}", style="bold")
    for line in told.lines:
        console.print(f"  {line}")
    if told.spoken is not None:
        turn = told.spoken
        console.print(smoke.line(turn.number, turn.said, turn.reply, turn.error, turn.seconds))
    if told.finding is not None:
        fault, finding = told.finding
        console.print(f"  {fault.title}   ({told.server})", style="bold")
        console.print(text.diagnosis(finding))
