"""The network closed in Python programs: run as programs, with nothing of ours but this directory on their path."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from nexdiag.replay import call_site
from nexdiag.runner.replaying.served import closed_child
from nexdiag.runner.replaying.served.closed_child import sitecustomize

GUARD = Path(closed_child.__file__).parent
TRY = """
import asyncio, socket, urllib.request
def leave(what):
    try:
        exec(what)
    except OSError as error:
        print(type(error).__name__, error)
    else:
        print("open")
"""
LEAVES = (
    ("socket.create_connection(('203.0.113.1', 80), 5)", "203.0.113.1:80"),
    ("socket.socket().connect_ex(('203.0.113.1', 80))", "203.0.113.1:80"),
    ("socket.socket(socket.AF_INET6).connect(('2001:db8::1', 443))", "2001:db8::1:443"),
    ("socket.getaddrinfo('api.example.com', 443)", "api.example.com:443"),
    ("socket.getaddrinfo(b'api.example.com', None)", "api.example.com"),
    ("socket.gethostbyname('api.example.com')", "api.example.com"),
    ("socket.getaddrinfo('127.example.com', 80)", "127.example.com:80"),
    ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('203.0.113.1', 53))", "203.0.113.1:53"),
    ("socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('203.0.113.1', 53))", "203.0.113.1:53"),
    ("socket.gethostbyname_ex('api.example.com')", "api.example.com"),
    ("socket.gethostbyaddr('203.0.113.1')", "203.0.113.1"),
    ("socket.gethostbyaddr('api.example.com')", "api.example.com"),
    ("socket.getnameinfo(('203.0.113.1', 53), 0)", "203.0.113.1"),
    ("urllib.request.urlopen('http://api.example.com/')", "api.example.com:80"),
    ("asyncio.run(asyncio.open_connection('api.example.com', 443))", "api.example.com:443"),
)


def run(code: str, tmp_path: Path, *path: Path, closed: str = "", flags: tuple[str, ...] = ()) -> tuple[str, list[str]]:
    """What a program prints, and what was noted."""
    notes = tmp_path / "notes"
    notes.touch()
    script = tmp_path / "program.py"
    script.write_text(code)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTHON"))},
        "PYTHONPATH": os.pathsep.join(map(str, (GUARD, *path))),
        "NEXDIAG_REFUSED": str(notes),
        "NEXDIAG_CLOSED": closed,
    }
    command = [sys.executable, *flags, str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert not done.stderr, done.stderr
    return done.stdout, notes.read_text().splitlines()


def test_what_tries_to_leave_is_an_error_that_names_its_call_site(tmp_path: Path) -> None:
    """And is noted, for whoever started the program. A task, whose stack ends with it, is named as such."""
    said, notes = run(TRY + "".join(f"leave({what!r})\n" for what, _ in LEAVES), tmp_path)
    for (what, address), line, note in zip(LEAVES, said.splitlines(), notes, strict=True):
        place = "a thread or task of its own" if "asyncio" in what else "<string>:1 in <module>"
        assert f"a connection to {address} was tried while the network is closed, at {place}" in line
        assert note.split("\t") == [address, place, str(tmp_path / "program.py")]


ASKS = """
import asyncio
async def ask():
    try:
        await asyncio.open_connection("api.example.com", 443)
    except OSError as error:
        print(error)
asyncio.run(ask())
"""


def test_a_look_up_in_a_loop_names_who_asked_though_a_thread_does_it(tmp_path: Path) -> None:
    said, notes = run(ASKS, tmp_path)
    assert said.endswith(f"at {tmp_path / 'program.py'}:5 in ask\n")
    assert len(notes) == 1


STAYS = """
import asyncio, os, socket
here = socket.create_server(("127.0.0.1", 0))
port = here.getsockname()[1]
for name in ("127.0.0.1", "localhost", "0.0.0.0"):
    socket.create_connection((name, port), 5)
async def connect():
    await asyncio.open_connection("localhost", port)
asyncio.run(connect())
one, other = socket.socketpair()
one.sendmsg([b"x"])
socket.getaddrinfo("203.0.113.1", 80)
socket.getaddrinfo(None, 80)
socket.getfqdn()
socket.getfqdn("127.0.0.1")
socket.getnameinfo(("127.0.0.1", 80), 0)
unix = socket.socket(socket.AF_UNIX)
try:
    unix.connect(b"/nowhere")
except FileNotFoundError:
    print("stays", type(unix).__name__)
"""


def test_what_stays_on_this_machine_goes_on(tmp_path: Path) -> None:
    """Loopback, by address and by name, in loops; pairs; unix sockets; look-ups that ask nobody."""
    assert run(STAYS, tmp_path) == ("stays socket\n", [])


def test_the_recorded_server_on_this_machine_is_closed(tmp_path: Path) -> None:
    """It may be running: what goes past the replay server to it would be live."""
    hosts = ("localhost", "LOCALHOST", "127.0.0.1", "127.0.0.2", "127.1", "0.0.0.0", "")
    code = TRY + "".join(f'leave("socket.socket().connect(({host!r}, 8931))")\n' for host in hosts)
    code += "leave(\"socket.create_connection(('localhost', 8931), 5)\")\n"
    code += "leave(\"socket.socket(socket.AF_INET6).connect(('::ffff:127.0.0.1', 8931))\")\n"
    said, notes = run(code, tmp_path, closed="8931")
    assert [line.split(" ")[0] for line in said.splitlines()] == ["NetworkClosedError"] * 9
    assert all(note.split("\t")[0].endswith(":8931") for note in notes)


def test_other_ports_of_this_machine_stay_open(tmp_path: Path) -> None:
    """A database, a tool server: whatever is no recorded server."""
    code = (
        TRY + "here = socket.create_server(('127.0.0.1', 0))\nleave('socket.create_connection(here.getsockname(), 5)')"
    )
    assert run(code, tmp_path, closed="1") == ("open\n", [])


def test_the_sitecustomize_behind_it_is_run_as_if_it_were_alone(tmp_path: Path) -> None:
    """By its own name, from its own place; and what stands behind that is not run."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sitecustomize.py").write_text(f"import builtins; builtins.came = ({name!r}, __name__)")
    code = "import sitecustomize; print(came, sitecustomize.__file__)"
    said, _ = run(code, tmp_path, tmp_path / "first", tmp_path / "second")
    assert said == f"('first', 'sitecustomize') {tmp_path / 'first' / 'sitecustomize.py'}\n"


def test_a_start_imports_nothing_for_it(tmp_path: Path) -> None:
    """Every program that the command starts pays for it."""
    said, _ = run("import sys; print(*sys.modules)", tmp_path, flags=("-P",))
    script = tmp_path / "program.py"
    plain = subprocess.run([sys.executable, "-P", str(script)], capture_output=True, text=True, check=True, env={})
    assert set(said.split()) - set(plain.stdout.split()) <= {
        "sitecustomize",
        "__future__",
        "_frozen_importlib_external",
    }


def test_notes_that_cannot_be_written_leave_the_network_closed(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", TRY + "leave('socket.gethostbyname(\"x.example\")')"],
        env={"PYTHONPATH": str(GUARD), "NEXDIAG_REFUSED": str(tmp_path / "gone" / "notes")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.startswith("NetworkClosedError")


def test_without_our_variable_it_does_nothing(tmp_path: Path) -> None:
    """The directory may be left on a path."""
    code = "import sys; print(hasattr(sys.modules['sitecustomize'], 'guard'), end=' '); import socket; "
    code += "socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.1', 9)); print('open')"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(GUARD)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "True open\n"


def test_it_passes_by_the_same_libraries_as_ours_does() -> None:
    """They connect for somebody else, in either place: it cannot import ours, which may not be there."""
    assert call_site._LIBRARIES | call_site._STANDARD == sitecustomize.LIBRARIES


@pytest.mark.parametrize("host", ["127.evil.com", "127.0.0.1.evil.com", "::ffff:127.evil.com", "128.0.0.1"])
def test_a_name_that_begins_like_loopback_is_another_machine(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitecustomize, "_FILE", "")
    with socket.socket() as line, pytest.raises(sitecustomize.NetworkClosedError):
        sitecustomize.guard("socket.connect", (line, (host, 80)))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "127.255.0.9", "::ffff:127.0.0.1"])
def test_all_of_loopback_is_this_machine(host: str) -> None:
    with socket.socket() as line:
        sitecustomize.guard("socket.connect", (line, (host, 80)))
