"""The client's side of the daemon's socket: one request, one answer. For programs that may wait; others: `client`."""

import json
import os
import socket
from pathlib import Path
from typing import Any

from nexdiag.agent.daemon.place import ServicePlace, socket_address
from nexdiag.agent.daemon.protocol import LONGEST_ASK, LONGEST_LINE
from nexdiag.core.errors import DaemonError, UsageError

_GRACE = 5.0
"""Seconds on top of what the daemon was asked to wait."""
LOGS = "see: nexdiag service logs"


def ask(state: Path, cmd: str, *, timeout: float = 10.0, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Ask the daemon of a state directory.

    Raises `DaemonError` if none answers, or it says no, and `UsageError` for a request that no daemon would read.
    """
    line = request(cmd, timeout=timeout, **values)
    return answered(_exchange(ServicePlace(state).socket, line, timeout + _GRACE))


def request(cmd: str, **values: Any) -> bytes:  # noqa: ANN401 - JSON
    """The line of a request. Raises `UsageError` for one that no daemon would read."""
    line = json.dumps({"cmd": cmd, **values}).encode() + b"\n"
    if len(line) > LONGEST_ASK:
        what = f"the request has {len(line)} bytes; at most {LONGEST_ASK} can be sent to the daemon"
        raise UsageError(what, hint="say it in smaller pieces, or name a file that holds it")
    return line


def answered(reply: bytes) -> dict[str, Any]:
    """A good answer's values. Raises `DaemonError` for a bad one, and for what is none."""
    try:
        answer = json.loads(reply)
    except (ValueError, RecursionError) as error:
        raise DaemonError("the daemon's answer is not JSON", hint=LOGS) from error
    if not isinstance(answer, dict):
        raise DaemonError("the daemon's answer is no JSON object", hint=LOGS)
    if not answer.get("ok"):
        raise DaemonError(f"the daemon says: {answer.get('error')}", hint=str(answer.get("hint") or LOGS))
    return answer


def nobody(state: Path) -> DaemonError:
    """No daemon answers."""
    return DaemonError(f"no daemon runs for {state}", hint=f"start it with: nexdiag service start --dir {state}")


def _exchange(path: Path, line: bytes, timeout: float) -> bytes:
    directory = None
    try:
        address, directory = socket_address(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(address)
            connection.sendall(line)
            return _one_line(connection)
    except TimeoutError as error:
        raise DaemonError(f"the daemon did not answer within {timeout:g} s", hint=LOGS) from error
    except OSError as error:
        raise nobody(path.parent.parent) from error
    finally:
        if directory is not None:
            os.close(directory)


def _one_line(connection: socket.socket) -> bytes:
    parts = bytearray()
    while not parts.endswith(b"\n"):
        piece = connection.recv(65536)
        if not piece:
            raise DaemonError("the daemon went away in mid-answer", hint=LOGS)
        parts += piece
        if len(parts) > LONGEST_LINE:
            raise DaemonError(f"the daemon's answer is longer than {LONGEST_LINE} bytes", hint=LOGS)
    return bytes(parts)
