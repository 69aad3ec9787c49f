"""Where a state directory keeps its daemon's files."""

import os
from pathlib import Path

from nexdiag.agent.session import durable

_LONGEST = 100
"""Unix socket paths end at 107 bytes on Linux, 103 on macOS."""


class ServicePlace:
    """The files of one daemon."""

    def __init__(self, state: Path) -> None:
        """`state` is the state directory."""
        self.state = state
        self.directory = state / "service"
        self.socket = self.directory / "daemon.sock"
        self.log = self.directory / "daemon.log"
        self.record = self.directory / "state.json"
        self.lock = self.directory / "daemon.lock"
        self.redactions = self.directory / "redact.json"

    def make(self) -> None:
        """Create the directory, for its owner alone. Raises `DaemonError` if it cannot."""
        durable.ensure_directory(self.directory)


def socket_address(path: Path) -> tuple[str, int | None]:
    """A form of the path that fits into a socket address, and a directory to close after use (or None).

    A deep state directory makes a path that is too long; Linux reaches it through the open directory.
    Raises `OSError` if that directory cannot be opened.
    """
    if len(os.fsencode(path)) <= _LONGEST:
        return str(path), None
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return f"/proc/self/fd/{directory}/{path.name}", directory
