"""Promises of `nexdiag.capture.writer`."""

import errno
import itertools
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from crashes import killed_at

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
            with pytest.raises(CassetteError, match=r"No space left|took nothing") as error:
                Writer(path, HEADER, write=failing(0, how))
            assert error.value.what.count(str(path)) == 1
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


def test_a_failed_flush_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that does not keep what it was given ends the recording, with the reason."""
    writer = Writer(tmp_path / "c", HEADER)

    def broken(file: int) -> None:
        raise OSError(errno.EIO, "broken disk")

    monkeypatch.setattr(os, "fdatasync", broken)
    writer.exchange(exchange(0))
    writer.close()
    assert writer.trouble is not None
    assert "broken disk" in writer.trouble


def test_nobody_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a flush takes its time, exchanges are written on; when the file is closed, all of it is flushed."""
    gate, flushed = threading.Event(), []

    def slow(file: int) -> None:
        assert gate.wait(10)
        flushed.append(os.fstat(file).st_size)

    monkeypatch.setattr(os, "fdatasync", slow)
    writer = Writer(tmp_path / "c", HEADER)
    for number in range(20):
        writer.exchange(exchange(number))
    assert not flushed
    assert len(decode(writer.path.read_bytes()).exchanges) == 20
    gate.set()
    writer.close()
    assert flushed[-1] == writer.path.stat().st_size
    assert len(flushed) <= 3


def test_a_recording_is_gone_on_with(tmp_path: Path) -> None:
    """Reopened, it numbers on, repeats nothing that is there, and what was there stays byte for byte."""
    writer = Writer(tmp_path / "c", HEADER)
    writer.exchange(exchange(0))
    writer.close()
    before = writer.path.read_bytes()
    again = Writer.reopen(tmp_path / "c")
    assert again.next_number == 1
    assert again.recorded is not None
    assert [one.id for one in again.recorded.exchanges] == [0]
    again.exchange(exchange(1))
    again.close()
    after = again.path.read_bytes()
    assert after.startswith(before)
    assert after.count(b'{"n":0}') == 1
    assert [one.request.body.join() for one in decode(after).exchanges] == [
        b'{"messages":[{"n":0}]}',
        b'{"messages":[{"n":0},{"n":1}]}',
    ]


@pytest.mark.parametrize("tail", [b'{"exchange":9,"requ', b'{"log":"whole","at":1}', b""])
def test_a_torn_tail_is_cut_off_before_it_is_gone_on_with(tmp_path: Path, tail: bytes) -> None:
    """Half a line is taken away, a whole one without its end gets one: nothing is appended in mid-line."""
    writer = Writer(tmp_path / "c", HEADER)
    writer.exchange(exchange(0))
    writer.close()
    with writer.path.open("ab") as file:
        file.write(tail)
    again = Writer.reopen(tmp_path / "c")
    again.exchange(exchange(1))
    again.close()
    found = decode(again.path.read_bytes())
    assert found.tear is None
    assert len(found.exchanges) == 2
    assert len(found.log) == tail.count(b"whole")


def test_one_recording_has_one_writer(tmp_path: Path) -> None:
    """A second one is refused in one line, and the first goes on."""
    writer = Writer(tmp_path / "c", HEADER)
    with pytest.raises(CassetteError, match="another recording is at it"):
        Writer.reopen(tmp_path / "c")
    writer.exchange(exchange(0))
    writer.close()
    Writer.reopen(tmp_path / "c").close()


@pytest.mark.parametrize("content", [b"", b"no cassette", b'{"cassette":99}\n', b'{"cassette":2}\n{"link":0}\n'])
def test_what_is_no_recording_is_not_gone_on_with(tmp_path: Path, content: bytes) -> None:
    """A file that cannot be read as a recording is refused, and stays as it is."""
    path = tmp_path / "c"
    path.write_bytes(content)
    with pytest.raises(CassetteError):
        Writer.reopen(path)
    assert path.read_bytes() == content
    with pytest.raises(CassetteError, match="No such file"):
        Writer.reopen(tmp_path / "none")


def test_a_replacement_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    """The old file stands until the new one is closed; the new one has its name then."""
    old = Writer(tmp_path / "c", HEADER)
    record(old, 1)
    before = old.path.read_bytes()
    new = Writer.replacing(tmp_path / "c", HEADER)
    record_without_end(new)
    assert old.path.read_bytes() == before
    assert (old.at, new.path) == (old.path, old.path)
    assert len(decode(new.at.read_bytes()).exchanges) == 2  # beside it, until it takes its place
    new.close()
    assert len(decode((tmp_path / "c").read_bytes()).exchanges) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c"]
    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o600


def record_without_end(writer: Writer) -> None:
    """Two exchanges, and the file still open."""
    for number in range(2):
        writer.exchange(exchange(number))


@pytest.mark.parametrize("how", ["not kept", "failed"])
def test_the_old_recording_stays_where_the_new_one_fails(tmp_path: Path, how: str) -> None:
    """A run that failed, or a disk that did, replaces nothing."""
    old = Writer(tmp_path / "c", HEADER)
    record(old, 1)
    before = old.path.read_bytes()
    new = Writer.replacing(tmp_path / "c", HEADER, write=failing(2, full) if how == "failed" else os.write)
    record_without_end(new)
    new.close(keep=how == "failed")
    assert old.path.read_bytes() == before
    Writer.replacing(tmp_path / "c", HEADER).close(keep=False)  # what is left of the failed one is in nobody's way
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c"]


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
sys.path[:0] = [sys.argv[2], sys.argv[2] + "/.."]
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


def lives(path: Path, acknowledge: Callable[[str], None]) -> None:
    """A recording, gone on with in a second life, and then replaced by a third."""

    def write(file: int, raw: bytes) -> int:
        return os.write(file, raw)

    for life, writer in enumerate((Writer(path, HEADER, write=write), Writer.reopen, Writer.replacing)):
        opened = writer if life == 0 else writer(path) if life == 1 else writer(path, HEADER, write=write)  # type: ignore[operator, call-arg]
        assert isinstance(opened, Writer)
        for number in range(2 * (life == 1), 4 if life == 1 else 2):
            opened.turn_started(Turn(number=number + 1, said="hi"))
            opened.exchange(exchange(number))
            acknowledge(f"{life} {number}")
        opened.close()
        acknowledge(f"{life} closed")


@pytest.mark.parametrize("torn", [False, True], ids=["before", "within"])
def test_killed_at_every_write_it_loses_nothing_that_was_acknowledged(tmp_path: Path, *, torn: bool) -> None:
    """In a loop over every write of three lives: the file is not there yet, or is read, and holds what was told."""
    for point in itertools.count(1):
        path = tmp_path / f"{point}" / "c.cassette.jsonl"
        died, told = killed_at(point, lambda acknowledge, place=path: lives(place, acknowledge), torn=torn)
        if not path.exists():
            assert not told
            continue
        found = [one.id for one in decode(path.read_bytes()).exchanges]
        replaced = "2 closed" in told
        wanted = [int(line[2:]) for line in told if line[1:] != " closed" and line[0] in ("2" if replaced else "01")]
        assert found[: len(wanted)] == wanted or (found == [0, 1] and "2 1" in told), (point, told, found)
        if not died:
            assert point > 10
            return


def test_a_forked_child_leaves_the_recording_alone(tmp_path: Path) -> None:
    """What a child inherits is not its own: it neither writes to the file nor replaces nor removes it."""
    old = Writer(tmp_path / "c", HEADER)
    record(old, 1)
    before = old.path.read_bytes()
    writers = [Writer(tmp_path / "d", HEADER), Writer.replacing(tmp_path / "c", HEADER)]
    child = os.fork()
    if child == 0:
        for writer in writers:
            writer.exchange(exchange(0))
            writer.close(keep=False)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    for writer in writers:
        writer.exchange(exchange(0))
    assert old.path.read_bytes() == before
    for writer in writers:
        writer.close()
        assert writer.trouble is None
        assert [one.id for one in decode(writer.path.read_bytes()).exchanges] == [0]


def test_a_recording_that_is_being_written_is_not_replaced(tmp_path: Path) -> None:
    """Its exchanges would vanish with it; and while one is to be replaced, nobody goes on with it."""
    writer = Writer(tmp_path / "c", HEADER)
    with pytest.raises(CassetteError, match="another recording is at it"):
        Writer.replacing(tmp_path / "c", HEADER)
    writer.close()
    new = Writer.replacing(tmp_path / "c", HEADER)
    with pytest.raises(CassetteError, match="another recording is at it"):
        Writer.reopen(tmp_path / "c")
    new.close()
    Writer.reopen(tmp_path / "c").close()


def test_only_its_own_file_is_removed(tmp_path: Path) -> None:
    """One that was moved away while it was empty does not take with it what has its name by now."""
    first = Writer(tmp_path / "c", HEADER)
    first.path.rename(tmp_path / "moved")
    second = Writer(tmp_path / "c", HEADER)
    second.exchange(exchange(0))
    first.close(keep=False)
    second.close()
    assert len(decode((tmp_path / "c").read_bytes()).exchanges) == 1
