"""Errors that end a command, split by whose fault they are. Findings are never exceptions.

NexdiagError            what was wanted, what was found; a hint; an exit code
├── UsageError      2   the command line, a configuration file or a scenario is wrong
├── EndpointError   3   the model's server could not be reached or would not serve
├── DaemonError     3   our own daemon is down, busy, or died
├── CassetteError   3   a recording cannot be read or written
│   └── Unmatched   1   a replayed request has no recording
├── NothingToDo     4   no cassette, no exchange, no turn
└── ToolError           a tool refused its arguments; told to the model, never to the shell
"""


class NexdiagError(Exception):
    """A failure with one line of what, and one line of hint."""

    exit_code = 3

    def __init__(self, what: str, *, hint: str = "") -> None:
        """Keep both lines; `what` names the wanted and the found."""
        super().__init__(what)
        self.what = what
        self.hint = hint


class UsageError(NexdiagError):
    """The command line, a configuration file or a scenario is wrong."""

    exit_code = 2


class EndpointError(NexdiagError):
    """The model's server could not be reached, or would not serve."""


class DaemonError(NexdiagError):
    """Our own daemon is down, busy, or died."""


class CassetteError(NexdiagError):
    """A recording cannot be read or written."""


class Unmatched(CassetteError):  # noqa: N818 - named for the fact, as the report words it
    """A replayed request has no recording."""

    exit_code = 1


class NothingToDo(NexdiagError):  # noqa: N818 - named for the fact, as the exit code is
    """There is no cassette, no exchange or no turn to work on."""

    exit_code = 4


class ToolError(NexdiagError):
    """A tool refused its arguments or failed; the text goes to the model as the tool's result."""
