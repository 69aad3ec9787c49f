"""Promises of nexdiag.agent.daemon.place: where the daemon's files are, and that a deep one can be reached."""

import os
import socket
from pathlib import Path

import pytest

from nexdiag.agent.daemon.place import ServicePlace, socket_address
from nexdiag.core.errors import DaemonError


def test_the_files_are_the_reference_s(tmp_path: Path) -> None:
    """Socket, log and record stand where the reference executor's tools look for them, for their owner alone."""
    place = ServicePlace(tmp_path / "state")
    place.make()
    place.make()
    assert [path.name for path in (place.socket, place.log, place.record)] == [
        "daemon.sock",
        "daemon.log",
        "state.json",
    ]
    assert place.socket.parent == tmp_path / "state" / "service"
    assert place.directory.stat().st_mode & 0o777 == 0o700


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file in the way is an error with its path."""
    (tmp_path / "state").write_text("")
    with pytest.raises(DaemonError, match=r"cannot make .*service"):
        ServicePlace(tmp_path / "state").make()


@pytest.mark.parametrize("length", [10, 99, 100, 101, 108, 200])
def test_a_socket_can_be_bound_and_reached_however_deep(tmp_path: Path, length: int) -> None:
    """A path beyond the limit of the kernel is reached all the same; what had to be opened for it can be closed."""
    deep = tmp_path
    while len(str(deep / "daemon.sock")) < length:
        deep /= "d" * max(1, min(50, length - len(str(deep / "daemon.sock")) - 1))
    deep.mkdir(parents=True, exist_ok=True)
    path = deep / "daemon.sock"
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as client:
        for end, use in ((listening, listening.bind), (client, client.connect)):
            address, directory = socket_address(path)
            use(address)
            if end is listening:
                listening.listen()
            if directory is not None:
                os.close(directory)
    assert path.is_socket()
