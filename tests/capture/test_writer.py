"""Promises of `nexdiag.capture.writer`."""

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from nexdiag.capture.writer import Writer
from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette import decode
from nexdiag.core.cassette import Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import LogLine, ToolRun, Turn

HEADER = Header(model="m", created=1.0)
SPLITTER = Splitter()


def exchange(number: int) -> Exchange:
    """The exchange of that turn of a chat."""
    raw = b'{"messages":[%s]}' % b",".join(b'{"n":%d}' % n for n in range(number + 1))
    response = Response(status=200, chunks=(Chunk(at=0.1, bytes=b"answer %d" % number),))
    request = Request(method="POST", url="http://h/v1", body=SPLITTER.split(raw))
    return Exchange(id=number, started=float(number), request=request, response=response, turn=number + 1)


def record(writer: Writer, turns: int = 3) -> int:
    """A recording with every kind of line: 5 writes a turn. Returns how many exchanges it was given."""
    for number in range(turns):
        turn = Turn(number=number + 1, said="hi", reply="ho", started=float(number))
        writer.turn_started(turn)
        writer.exchange(exchange(number))
        writer.tool_run(ToolRun(call_id="c", name="n", arguments="{}", output="o", turn=number + 1))
        writer.log_line(LogLine(at=float(number), text="line"))
        writer.turn_ended(turn)
    writer.close()
    return turns


def failing(at: int, how: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    """A disk of which the n-th write, from 0, does something else."""
    writes = iter(range(10**6))

    def write(file: int, raw: bytes) -> int:
        return how(file, raw) if next(writes) == at else os.write(file, raw)

    return write


def full(file: int, raw: bytes) -> int:
    """The disk is full after half of it."""
    os.write(file, raw[: len(raw) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def dead(file: int, raw: bytes) -> int:
    """The disk takes nothing, and does not say why."""
    del file, raw
    return 0


def short(file: int, raw: bytes) -> int:
    """The disk takes one byte at a time."""
    return os.write(file, raw[:1])


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """All kinds of lines, in one file, without trouble."""
    writer = Writer(tmp_path / "a" / "b.cassette.jsonl", HEADER)
    record(writer)
    found = decode(writer.path.read_bytes())
    assert (len(found.exchanges), len(found.turns), len(found.tool_runs), len(found.log)) == (3, 3, 3, 3)
    assert found.header == HEADER
    assert found.tear is None
    assert writer.trouble is None
    assert writer.exchanges == 3


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    """A conversation is private: mode 0600, whatever the umask lets through."""
    umask = os.umask(0)
    try:
        writer = Writer(tmp_path / "c", HEADER)
    finally:
        os.umask(umask)
    writer.close()
    assert stat.S_IMODE(writer.path.stat().st_mode) == 0o600


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    """An existing file, also one that another writer is at, is refused and stays as it is."""
    writer = Writer(tmp_path / "c", HEADER)
    writer.exchange(exchange(0))
    before = writer.path.read_bytes()
    with pytest.raises(CassetteError, match="it exists") as error:
        Writer(tmp_path / "c", HEADER)
    assert error.value.hint
    assert writer.path.read_bytes() == before
    writer.exchange(exchange(1))
    writer.close()
    assert len(decode(writer.path.read_bytes()).exchanges) == 2


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where a directory should be, a directory, a name that is none: an error before anything is recorded."""
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file" / "c", tmp_path / "file" / "d" / "c", tmp_path / "a\0b", tmp_path / ("n" * 300)):
        with pytest.raises(CassetteError, match="cannot record to") as error:
            Writer(path, HEADER)
        assert "it exists" not in error.value.what
    with pytest.raises(CassetteError, match="it exists"):
        Writer(tmp_path, HEADER)


@pytest.mark.parametrize("how", [full, dead])
def test_a_disk_that_fails_at_any_write_leaves_a_readable_file(
    tmp_path: Path, how: Callable[[int, bytes], int]
) -> None:
    """Fail once at every write, in a loop: what came before is whole, nothing comes after, and the reason is told."""
    for at in range(16):
        path = tmp_path / f"{at}"
        if at == 0:
            with pytest.raises(CassetteError, match=r"No space left|took nothing"):
                Writer(path, HEADER, write=failing(0, how))
            assert not path.exists()
            continue
        writer = Writer(path, HEADER, write=failing(at, how))
        record(writer)
        assert writer.trouble is not None
        assert str(path) in writer.trouble
        found = decode(path.read_bytes())
        assert found.tear is None
        lines = path.read_bytes().count(b"\n")
        written = 1 + at - 1 + len([n for n in range(1, at) if n % 5 == 2])  # an exchange is two lines
        assert lines == written
        assert len(found.exchanges) == writer.exchanges == (at + 2) // 5


def test_without_a_way_back_the_torn_line_is_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the half-written line cannot be taken back, nothing is appended after it, and the reader tells."""

    def stuck(file: int, length: int) -> None:
        raise OSError(errno.EIO, "stuck")

    monkeypatch.setattr(os, "ftruncate", stuck)
    for at in range(1, 16):
        writer = Writer(tmp_path / f"{at}", HEADER, write=failing(at, full))
        record(writer)
        found = decode(writer.path.read_bytes())
        assert found.tear is not None
        assert len(found.exchanges) >= writer.exchanges


def test_short_writes_are_gone_on_with(tmp_path: Path) -> None:
    """A disk that takes a byte at a time gets it all."""
    writer = Writer(tmp_path / "c", HEADER, write=short)
    assert record(writer) == len(decode(writer.path.read_bytes()).exchanges)
    assert writer.trouble is None


def test_a_failed_sync_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exchange whose fdatasync failed does not count as kept."""
    writer = Writer(tmp_path / "c", HEADER)

    def broken(file: int) -> None:
        raise OSError(errno.EIO, "broken disk")

    monkeypatch.setattr(os, "fdatasync", broken)
    writer.exchange(exchange(0))
    assert writer.exchanges == 0
    assert writer.trouble is not None
    assert "broken disk" in writer.trouble
    writer.close()


def test_after_the_end_nothing_is_written(tmp_path: Path) -> None:
    """A late log line, or a second close, does no harm."""
    writer = Writer(tmp_path / "c", HEADER)
    writer.close()
    before = writer.path.read_bytes()
    writer.log_line(LogLine(at=1, text="late"))
    writer.exchange(exchange(0))
    writer.close()
    assert writer.path.read_bytes() == before
    assert writer.exchanges == 0


def test_a_word_that_cannot_be_encoded_is_no_crash(tmp_path: Path) -> None:
    """Whatever it is given, it raises nothing: recording must never break what it records."""
    writer = Writer(tmp_path / "c", HEADER)
    writer.log_line(LogLine(at="soon", text="x"))  # type: ignore[arg-type]
    assert writer.trouble is not None
    writer.close()
    assert decode(writer.path.read_bytes()).log == ()


def test_several_threads_may_write(tmp_path: Path) -> None:
    """Lines of different threads do not mix, and links are numbered once."""
    writer = Writer(tmp_path / "c", HEADER)
    numbers = iter(range(10**6))

    def work() -> None:
        for _ in range(25):
            writer.exchange(exchange(next(numbers)))
            writer.log_line(LogLine(at=1, text="x" * 1000))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    found = decode(writer.path.read_bytes())
    assert [one.id for one in found.exchanges] == list(range(100))
    assert len(found.log) == 100


CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_writer import HEADER, exchange
from nexdiag.capture.writer import Writer

writer = Writer(Path(sys.argv[1]), HEADER)
print("ready", flush=True)
for number in range(10**6):
    writer.exchange(exchange(number))
    print(number, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [0, 1, 2, 7, 40])
def test_a_killed_process_loses_nothing_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    """SIGKILL at any moment: every exchange whose recording was told is in the file, and the file is read."""
    path = tmp_path / "c"
    command = [sys.executable, "-c", CHILD, str(path), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        told = [int(child.stdout.readline()) for _ in range(acknowledged)]
        child.send_signal(signal.SIGKILL)
        told += [int(line) for line in child.stdout]
    found = decode(path.read_bytes())
    assert child.returncode == -signal.SIGKILL
    assert [one.id for one in found.exchanges][: len(told)] == told
    assert len(found.exchanges) - len(told) in (0, 1)
    assert found.exchanges[-1:] == () or found.exchanges[-1].response is not None
