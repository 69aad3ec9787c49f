"""The client's side of the daemon's socket: one request, one answer."""

import json
import os
import socket
from pathlib import Path
from typing import Any

from nexdiag.agent.daemon.place import ServicePlace, socket_address
from nexdiag.agent.daemon.protocol import LONGEST_LINE
from nexdiag.core.errors import DaemonError

_GRACE = 5.0
"""Seconds on top of what the daemon was asked to wait."""


def ask(state: Path, cmd: str, *, timeout: float = 10.0, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Ask the daemon of a state directory. Raises `DaemonError` if none answers, or it says no."""
    line = json.dumps({"cmd": cmd, "timeout": timeout, **values}).encode() + b"\n"
    reply = _exchange(ServicePlace(state).socket, line, timeout + _GRACE)
    try:
        answer: dict[str, Any] = json.loads(reply)
    except ValueError as error:
        raise DaemonError("the daemon's answer is not JSON", hint="see: nexdiag service logs") from error
    if not answer.get("ok"):
        raise DaemonError(f"the daemon says: {answer.get('error')}", hint="see: nexdiag service logs")
    return answer


def _exchange(path: Path, line: bytes, timeout: float) -> bytes:
    down = DaemonError(f"no daemon runs for {path.parent.parent}", hint="start it with: nexdiag service start")
    if not path.exists():
        raise down
    address, directory = socket_address(path)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(address)
            connection.sendall(line)
            return _one_line(connection)
    except TimeoutError as error:
        raise DaemonError(
            f"the daemon did not answer within {timeout:g} s", hint="see: nexdiag service logs"
        ) from error
    except OSError as error:
        raise down from error
    finally:
        if directory is not None:
            os.close(directory)


def _one_line(connection: socket.socket) -> bytes:
    parts = bytearray()
    while not parts.endswith(b"\n") and len(parts) < LONGEST_LINE:
        piece = connection.recv(65536)
        if not piece:
            raise DaemonError("the daemon went away in mid-answer", hint="see: nexdiag service logs")
        parts += piece
    return bytes(parts)
