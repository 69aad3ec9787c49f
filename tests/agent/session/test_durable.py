"""Promises of nexdiag.agent.session.durable: what returned is on disk, and what was killed harms nobody."""

import errno
import fcntl
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from crashes import full_at
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.session import durable
from nexdiag.core.errors import DaemonError

WRITER = """
import sys
from pathlib import Path
from nexdiag.agent.session import durable
path = Path(sys.argv[1])
for _ in range(50):
    with durable.locked(path) as append:
        append(b'{"number": %d}' % len(durable.read_lines(path)[0]))
"""


def mode(path: Path) -> int:
    """Give the permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_reads_what_is_written(tmp_path: Path) -> None:
    """Files are 0600 and directories 0700, whatever is in them."""
    folder = durable.ensure_directory(tmp_path / "a" / "b")
    durable.append_line(folder / "lines.jsonl", b"{}")
    durable.replace(folder / "whole", b"x")
    assert [mode(path) for path in (folder.parent, folder)] == [0o700, 0o700]
    assert [mode(path) for path in sorted(folder.iterdir())] == [0o600, 0o600, 0o600]


def test_writers_take_turns(tmp_path: Path) -> None:
    """Programs that count the lines and append the count, under the lock, lose no line, tear none and count right."""
    path = tmp_path / "lines.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path]) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert durable.read_lines(path) == (tuple(b'{"number": %d}' % number for number in range(150)), ())


def test_who_holds_the_lock_holds_it_alone(tmp_path: Path) -> None:
    """While one writes, another program that asks for the sidecar's lock is refused; afterwards it is free."""
    path, now = tmp_path / "lines.jsonl", fcntl.LOCK_EX | fcntl.LOCK_NB
    with durable.locked(path), (tmp_path / "lines.jsonl.lock").open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, now)
    with (tmp_path / "lines.jsonl.lock").open() as other:
        fcntl.flock(other, now)


def test_threads_take_turns(tmp_path: Path) -> None:
    """Threads of one program replace a whole file at once and leave one of their contents, and no draft."""
    path = tmp_path / "whole"
    threads = [
        threading.Thread(target=durable.replace, args=(path, letter * 100_000)) for letter in (b"a", b"b", b"c", b"d")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in {letter * 100_000 for letter in (b"a", b"b", b"c", b"d")}
    assert list(tmp_path.iterdir()) == [path]


def test_a_torn_last_line_is_closed_first(tmp_path: Path) -> None:
    """A line after a torn one stands on its own; the torn one is reported, and blocks nobody."""
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": 2, "b')
    assert durable.read_lines(path)[0] == (b'{"a": 1}',)
    durable.append_line(path, b'{"a": 3}')
    lines, (bad,) = durable.read_lines(path)
    assert lines == (b'{"a": 1}', b'{"a": 3}')
    assert (bad.raw, bad.at) == (b'{"a": 2, "b', 9)


@given(
    st.lists(st.sampled_from([b'{"a": 1}', b"{}", b"", b"[1]", b"{", b"\x00\x00", b"\xff{}", b" "])), st.integers(0, 99)
)
def test_reading_on_misses_nothing(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], cut: int) -> None:
    """A file that is read in two goes, cut anywhere, gives the lines that it gives in one."""
    path = tmp_path_factory.mktemp("reading") / "lines.jsonl"
    content = b"\n".join(parts)
    path.write_bytes(content[:cut])
    first = durable.read_from(path, 0)
    path.write_bytes(content)
    second = durable.read_from(path, first.end)
    whole = durable.read_from(path, 0)
    assert first.lines + second.lines == whole.lines
    assert [bad.raw for bad in first.bad + second.bad] == [bad.raw for bad in whole.bad]
    assert (second.end, second.torn) == (whole.end, whole.torn)


def test_a_whole_line_counts_without_its_newline(tmp_path: Path) -> None:
    """A last object without a newline is a line: no part of an object is one."""
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": 2}')
    assert durable.read_lines(path) == ((b'{"a": 1}', b'{"a": 2}'), ())


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that did not fit is told, and no half of it stays."""
    path = tmp_path / "lines.jsonl"
    durable.append_line(path, b'{"a": 1}')
    write, room = os.write, [5]

    def scarce(descriptor: int, content: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = min(room[0], len(content))
        room[0] -= taken
        return write(descriptor, content[:taken])

    monkeypatch.setattr(os, "write", scarce)
    with pytest.raises(DaemonError, match="No space left"):
        durable.append_line(path, b'{"a": 2}')
    assert path.read_bytes() == b'{"a": 1}\n'


def test_a_write_that_is_taken_in_parts_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that takes a byte at a time gets the whole line."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:1]))
    durable.append_line(tmp_path / "lines.jsonl", b'{"a": 1}')
    assert (tmp_path / "lines.jsonl").read_bytes() == b'{"a": 1}\n'


def test_a_directory_that_is_gone_stays_gone(tmp_path: Path) -> None:
    """No writer makes the directory of a session that was removed."""
    for write in (durable.append_line, durable.replace):
        with pytest.raises(DaemonError, match="gone"):
            write(tmp_path / "gone" / "file", b"{}")
    assert not (tmp_path / "gone").exists()


def test_a_line_is_one_line(tmp_path: Path) -> None:
    """A newline inside would make two lines of one: it is refused."""
    with pytest.raises(ValueError, match="newline"):
        durable.append_line(tmp_path / "lines.jsonl", b"{}\n{}")


def test_a_held_file_is_published_once(tmp_path: Path) -> None:
    """Of two who put the same file in place one succeeds, unless the second says that it may take over."""
    path = tmp_path / "held"
    first = durable.publish_held(path, b"1", over=False)
    assert first is not None
    assert durable.publish_held(path, b"2", over=False) is None
    assert path.read_bytes() == b"1"
    second = durable.publish_held(path, b"3", over=True)
    assert second is not None
    assert path.read_bytes() == b"3"
    assert list(tmp_path.iterdir()) == [path]
    os.close(first)
    os.close(second)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A directory in the place of a file is an error with its name; a missing file is an empty one."""
    assert durable.read_lines(tmp_path / "none") == ((), ())
    with pytest.raises(DaemonError, match="cannot read"):
        durable.read_lines(tmp_path)


def test_move_and_remove(tmp_path: Path) -> None:
    """A file gets its new name, and what is not there is removed already."""
    durable.replace(tmp_path / "a", b"1")
    durable.move(tmp_path / "a", tmp_path / "b")
    durable.remove(tmp_path / "a")
    assert durable.read(tmp_path / "b") == b"1"
    durable.remove(tmp_path / "b")
    assert durable.facts(tmp_path / "b") is None


def test_a_full_disk_is_told_apart(tmp_path: Path) -> None:
    """It passes; what else cannot be written does not."""
    with full_at(1), pytest.raises(durable.DiskFull, match="No space left on device"):
        durable.append_line(tmp_path / "a", b"{}")
    assert (tmp_path / "a").read_bytes() == b""
    (tmp_path / "b").mkdir()
    with pytest.raises(DaemonError) as caught:
        durable.append_line(tmp_path / "b", b"{}")
    assert not isinstance(caught.value, durable.DiskFull)


def test_what_is_only_shown_is_put_there_in_one_move(tmp_path: Path) -> None:
    """Without a wait for the disk; a draft that could not be written does not stay."""
    path = tmp_path / "shown"
    durable.show(path, b"one")
    durable.show(path, b"two")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o600)
    with full_at(1), pytest.raises(durable.DiskFull):
        durable.show(path, b"three")
    assert [entry.name for entry in tmp_path.iterdir()] == ["shown"]
    durable.note(path, b"!")
    assert path.read_bytes() == b"two!"
    durable.hide(path)
    durable.hide(path)
    assert not path.exists()


def test_a_second_name_keeps_what_stood_there(tmp_path: Path) -> None:
    """Whatever becomes of the first one; a whole tree goes at once, and twice is no fault."""
    (tmp_path / "a").write_bytes(b"old")
    durable.keep_as(tmp_path / "a", tmp_path / "b")
    durable.replace(tmp_path / "a", b"new")
    assert (tmp_path / "b").read_bytes() == b"old"
    (tmp_path / "c" / "d").mkdir(parents=True)
    durable.remove_tree(tmp_path / "c")
    durable.remove_tree(tmp_path / "c")
    assert not (tmp_path / "c").exists()
