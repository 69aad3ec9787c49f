"""What an executor tells while it works, on a terminal: the answer on stdout, all else on stderr."""

import sys

from nexdiag.agent import progress as kinds
from nexdiag.cli.console import progress
from nexdiag.report.visible import one_line, visible

_SHOWN = 120
_LINES = 20
_BYTES = 1600
"""Of a tool's output, when it is echoed."""


class Live:
    """Prints what it is told. Model output is shown as text: no terminal obeys it."""

    def __init__(self, *, quiet: bool = False, chatty: bool = False, verbose: bool = False) -> None:
        """`chatty` echoes tool output; `verbose` that, and what was counted and mended."""
        self._quiet = quiet
        self._chatty = chatty or verbose
        self._verbose = verbose
        self._console = progress()
        self._shown = visible if sys.stdout.isatty() else str
        """A terminal is shown what it would obey; a pipe gets what came."""
        self._open = False
        """Whether the last thing on stdout was a piece of a line."""

    def __call__(self, told: kinds.Progress) -> None:
        """One thing that was told."""
        if self._quiet:
            return
        if isinstance(told, kinds.TextDelta):
            self._write(self._shown(told.text))
        elif isinstance(told, kinds.TurnEnded):
            self._line()
        else:
            self._beside(told)

    def _beside(self, told: kinds.Progress) -> None:
        match told:
            case kinds.TextTakenBack():
                self._say("(again, from the beginning)")
            case kinds.Retrying():
                self._say(f"{told.reason}: again in {told.delay:.1f} s (attempt {told.attempt})")
            case kinds.Waiting():
                self._say(f"waiting for {told.seconds:.0f} s: {told.reason}")
            case kinds.ToolRan():
                self._ran(told)
            case kinds.Compacted():
                self._say(f"compacted: about {told.before} tokens before, {told.after} now ({told.how})")
            case kinds.Repaired():
                self._say(f"mended: {told.what}")
            case kinds.UsageTold() if self._verbose:
                of = f" of {told.window}" if told.window else ""
                sent, received = told.usage.input_tokens, told.usage.output_tokens
                self._say(f"tokens: sent {sent}, received {received}; {told.used}{of} used")
            case _:
                pass

    def _ran(self, told: kinds.ToolRan) -> None:
        run = told.run
        self._say(f"{'×' if run.is_error else '·'} {run.name} {one_line(run.arguments, _SHOWN)}")
        if not self._chatty:
            return
        text = run.output[:_BYTES]
        lines = text.splitlines()
        for line in lines[:_LINES]:
            self._say(f"  {line}")
        left = run.output.count("\n") + 1 - min(len(lines), _LINES)
        if left > 0:
            self._say(f"  ... ({left} more lines)")

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
        self._open = not text.endswith("\n") if text else self._open

    def _line(self) -> None:
        """End the line of the answer, if one is begun."""
        if self._open:
            self._write("\n")

    def _say(self, text: str) -> None:
        self._line()
        self._console.print(visible(text))
