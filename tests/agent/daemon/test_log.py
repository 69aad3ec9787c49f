"""Promises of nexdiag.agent.daemon.log: one line a call, in the reference's format, whoever's words are in it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.daemon import log
from nexdiag.agent.daemon.log import DaemonLog, Follower
from nexdiag.codec.logline import reference
from nexdiag.core.errors import DaemonError
from nexdiag.core.turn import LogLine

NOW = 1779285791.482
LINE = "2026-05-20T14:03:11.482Z [INFO] hello\n"
hostile = st.text(st.characters(), max_size=80) | st.sampled_from(
    [
        "a\n" + LINE,
        "a\r" + LINE,
        "a\u2028" + LINE,
        "a\x85" + LINE,
        "\x1b[31mred",
        "\u202eevil",
        "\ud83d",
        "\0",
        "a" * 9999,
    ]
)


def written(*texts: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "daemon.log"
        out = DaemonLog(path, clock=lambda: NOW)
        for text in texts:
            out.write("INFO", text)
        out.close()
        return path.read_text()


def test_a_line_is_the_reference_s(tmp_path: Path) -> None:
    """Time in UTC with milliseconds, level, message; appended to what stands there, for its owner's eyes."""
    path = tmp_path / "daemon.log"
    path.write_text("raw stderr\n")
    path.chmod(0o600)
    out = DaemonLog(path, clock=lambda: NOW)
    out.write("INFO", "hello")
    out.close()
    assert path.read_text() == "raw stderr\n" + LINE
    fresh = DaemonLog(tmp_path / "fresh.log", clock=lambda: NOW)
    assert (tmp_path / "fresh.log").stat().st_mode & 0o777 == 0o600
    fresh.close()


@given(st.lists(hostile, min_size=1, max_size=3))
def test_no_words_make_a_line_of_their_own(texts: list[str]) -> None:
    """Every call is one line, by the strictest way of splitting, and each reads back as what was logged."""
    content = written(*texts)
    lines = content.splitlines()
    assert len(lines) == content.count("\n") == len(texts)
    for line, text in zip(lines, texts, strict=True):
        parsed = reference(line)
        assert parsed is not None
        assert (parsed.at, parsed.level) == (NOW, "INFO")
        assert parsed.text == text or not text.isprintable() or len(text) > len(parsed.text)


def test_each_line_is_told(tmp_path: Path) -> None:
    """The listener hears what is written, with its turn."""
    told: list[LogLine] = []
    out = DaemonLog(tmp_path / "daemon.log", clock=lambda: NOW, listener=told.append)
    out.write("WARN", "two\nlines", turn=3)
    out.close()
    assert told == [LogLine(at=NOW, level="WARN", text="two\\nlines", turn=3)]


def test_a_listener_that_fails_loses_no_line(tmp_path: Path) -> None:
    """Nor does it stop the daemon."""

    def fails(line: LogLine) -> None:
        raise RuntimeError(line.text)

    out = DaemonLog(tmp_path / "daemon.log", clock=lambda: NOW, listener=fails)
    out.write("INFO", "hello")
    out.close()
    assert (tmp_path / "daemon.log").read_text() == LINE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full")
def test_a_full_disk_stops_nobody() -> None:
    """The line is lost; who listens hears it all the same, and why it is not in the file."""
    told: list[LogLine] = []
    out = DaemonLog(Path("/dev/full"), clock=lambda: NOW, listener=told.append)
    out.write("INFO", "hello")
    out.close()
    assert [line.text for line in told] == ["daemon.log cannot be written: No space left on device", "hello"]


def test_a_closed_log_writes_to_nobody_s_file(tmp_path: Path) -> None:
    """The number of its file may be another file's by then."""
    out = DaemonLog(tmp_path / "daemon.log", clock=lambda: NOW)
    out.close()
    other = os.open(tmp_path / "other", os.O_WRONLY | os.O_CREAT)
    out.write("INFO", "late")
    out.close()
    os.close(other)
    assert (tmp_path / "other").read_bytes() == b""


def test_a_log_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(DaemonError, match=r"cannot open .*daemon\.log"):
        DaemonLog(tmp_path / "nowhere" / "daemon.log", clock=lambda: NOW)


def test_a_long_log_is_set_aside_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit it becomes `.1`, in the place of the one before; below, it is left."""
    monkeypatch.setattr(log, "_ROTATE_AT", 10)
    path = tmp_path / "daemon.log"
    path.write_text("x" * 11)
    (tmp_path / "daemon.log.1").write_text("old")
    DaemonLog(path, clock=lambda: NOW).close()
    assert ((tmp_path / "daemon.log.1").read_text(), path.read_text()) == ("x" * 11, "")
    path.write_text("x" * 10)
    log.rotate(path)
    assert path.read_text() == "x" * 10


def test_a_log_is_turned_over_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is lost or cut; there is one backup, and the old file is not written to any more."""
    monkeypatch.setattr(log, "_ROTATE_AT", 200)
    out = DaemonLog(tmp_path / "daemon.log", clock=lambda: NOW)
    lines: list[str] = []
    for number in range(12):
        out.write("INFO", f"line {number}")
        now = (tmp_path / "daemon.log").read_text().splitlines()
        lines = [*lines, now[-1]]
        assert (tmp_path / "daemon.log").stat().st_size <= 200
    out.close()
    kept = (tmp_path / "daemon.log.1").read_text() + (tmp_path / "daemon.log").read_text()
    assert kept.splitlines() == lines[-len(kept.splitlines()) :]
    assert len(kept.splitlines()) > 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["daemon.log", "daemon.log.1"]
    assert (tmp_path / "daemon.log").stat().st_mode & 0o777 == 0o600


def test_raw_stderr_follows_the_log(tmp_path: Path) -> None:
    """What a daemon in the background says on stderr, a traceback, goes where its log goes, also after a turn."""
    program = """
import os, sys
from pathlib import Path
from nexdiag.agent.daemon import log
log._ROTATE_AT = 100
path = Path(sys.argv[1])
out = log.DaemonLog(path, clock=lambda: 0.0)
for number in range(4):
    out.write("INFO", "x" * 40)
    os.write(2, b"raw %d\\n" % number)
"""
    path = tmp_path / "daemon.log"
    with path.open("a") as errors:
        subprocess.run([sys.executable, "-c", program, str(path)], stderr=errors, check=True)
    kept = (tmp_path / "daemon.log.1").read_text().splitlines() + path.read_text().splitlines()
    assert kept[-1] == "raw 3"
    assert path.read_text().endswith("raw 3\n")


def test_a_log_is_followed_across_its_turns(tmp_path: Path) -> None:
    """From the last lines on; each line once, whole, though it came in two pieces, the log was turned over or cut."""
    path = tmp_path / "daemon.log"
    follower = Follower(path, 2)
    assert follower.look() == []
    path.write_text("a\nb\nc\n")
    assert follower.look() == ["b", "c"]
    with path.open("a") as out:
        out.write("d\nhal")
    assert follower.look() == ["d"]
    with path.open("a") as out:
        out.write("f\ne\n")
    path.rename(tmp_path / "daemon.log.1")
    path.write_text("f\n")
    assert follower.look() == ["half", "e", "f"]
    path.unlink()
    assert follower.look() == []
    path.write_text("g\n")
    assert follower.look() == ["g"]
    path.write_text("")
    assert follower.look() == []
    with path.open("a") as out:
        out.write("h\n")
    assert follower.look() == ["h"]
    follower.close()
