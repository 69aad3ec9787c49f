"""`nexdiag cassette`, as a user types it."""

import json
import time
from pathlib import Path

import httpx
import pytest
from kept import recording, with_exchange
from msgspec import structs

from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.transport import RecordingTransport
from nexdiag.capture.writer import Writer
from nexdiag.cli.app import run
from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Header
from nexdiag.core.turn import LogLine, Turn
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.load import load

RAW = codec.encode(recording("hello", "which day", "bye"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.cassette.jsonl"
    path.write_bytes(RAW)
    path.chmod(0o600)
    return path


@pytest.fixture
def torn(tmp_path: Path) -> Path:
    path = tmp_path / "torn.cassette.jsonl"
    path.write_bytes(RAW[:-30])
    path.chmod(0o600)
    return path


def test_check_tells_whole_from_torn_from_broken(path: Path, torn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, 1 and 3; a directory stands for what is below it; JSON says the same."""
    assert run(["cassette", "check", str(path)]) == 0
    assert run(["cassette", "check", str(path.parent)]) == 1
    shown = capsys.readouterr().out
    assert "is torn" in shown
    assert "2 files: 1 whole, 1 warning" in shown
    path.write_bytes(RAW[:300] + b"\n" + RAW[300:])
    assert run(["cassette", "check", str(path), str(torn), "--format", "json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert [one["word"] for one in told["files"]] == ["broken", "warning"]
    assert run(["cassette", "check", str(path)]) == 3
    assert capsys.readouterr().err == f"Next: nexdiag cassette repair {path}\n"
    assert run(["cassette", "check", str(path.parent / "gone")]) == 3
    empty = path.parent / "empty"
    empty.mkdir()
    assert run(["cassette", "check", str(empty)]) == 4


def test_repair_tells_each_line_that_is_left_out(torn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And where the whole one is; a whole file is left alone."""
    out = torn.with_name("whole.cassette.jsonl")
    assert run(["cassette", "repair", str(torn), "-o", str(out)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith(f"left out line {RAW.count(10)}: ")
    assert shown[1].startswith(f"wrote {out}   3 turns, 4 exchanges   ")
    assert load(out).tear is None
    assert run(["cassette", "repair", str(out)]) == 0
    assert "is whole" in capsys.readouterr().out
    assert run(["cassette", "repair", str(torn), "-o", str(out)]) == 3
    assert run(["cassette", "repair", str(torn), "-o", str(out), "--in-place"]) == 2
    assert torn.read_bytes() == RAW[:-30]
    assert run(["cassette", "repair", str(torn), "--in-place"]) == 0
    assert "is kept as" in capsys.readouterr().err


def test_lost_headers_cost_no_exchange(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`repair` keeps every exchange and says which have no headers any more; `check` and `show` tell the same."""
    lines = RAW.split(b"\n")
    place = next(place for place, line in enumerate(lines) if line.startswith(b'{"headers"'))
    path.write_bytes(b"\n".join([*lines[:place], b"garbage", *lines[place + 1 :]]))
    why = "the exchange is kept without its headers, which are lost (list 0)"
    assert run(["cassette", "check", str(path)]) == 3
    assert capsys.readouterr().out.count(why) == 4
    assert run(["cassette", "show", str(path)]) == 3
    assert capsys.readouterr().out.count(why) == 4
    assert run(["cassette", "repair", str(path), "--in-place"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith(f"left out line {place + 1}: ")
    assert [line.endswith(why) for line in shown[1:5]] == [True] * 4
    assert "3 turns, 4 exchanges" in shown[5]
    assert run(["cassette", "check", str(path)]) == 0


def test_a_flood_of_broken_lines_is_counted(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(RAW + b"{\n" * 100)
    assert run(["cassette", "repair", str(path)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[20] == "left out 80 more lines"
    assert len(shown) == 22


def test_show_prints_the_recording(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of it, a turn, an exchange, or a command that sends a request again."""
    assert run(["cassette", "show", str(path)]) == 0
    assert "turn 3 · answered · 3.0 s" in capsys.readouterr().out
    assert run(["cassette", "show", str(path), "--turn", "2", "--no-times", "--no-ids", "--no-log"]) == 0
    shown = capsys.readouterr().out
    assert "ran bash" in shown
    assert "call_9f" not in shown
    assert run(["cassette", "show", str(path), "--exchange", "1"]) == 0
    assert "exchange 1 · turn 2\n" in capsys.readouterr().out
    assert run(["cassette", "show", str(path), "--curl", "1"]) == 0
    assert capsys.readouterr().out.startswith("curl -sS -X POST")


def test_raw_bytes_come_out_exactly(path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """The body of a request and of a response, with nothing added."""
    exchange = recording("hello", "which day", "bye").exchanges[0]
    assert exchange.response is not None
    for side, wanted in (("request", exchange.request.body.join()), ("response", exchange.response.body)):
        assert run(["cassette", "show", str(path), "--exchange", "0", "--raw", side]) == 0
        assert capfdbinary.readouterr().out == wanted


@pytest.mark.parametrize(
    "options",
    [
        ["--raw", "request"],
        ["--exchange", "9"],
        ["--exchange", "-1"],
        ["--curl", "-1"],
        ["--turn", "9"],
        ["--turn", "1", "--curl", "1"],
        ["--raw", "x"],
        ["--textconv", "--exchange", "0"],
        ["--textconv", "--turn", "1"],
        ["--textconv", "--no-log"],
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_a_usage_error(path: Path, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cassette", "show", str(path), *options]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "hint: " in shown.err


def test_a_broken_file_is_shown_and_told(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3 for people; git gets its text and exit 0, also of what is no cassette and of a file that is not there."""
    path.write_bytes(RAW + b"{\n" + RAW.split(b"\n")[-2] + b"\n")
    assert run(["cassette", "show", str(path)]) == 3
    shown = capsys.readouterr()
    assert "is left out" in shown.out
    assert "nexdiag cassette check" in shown.err
    for odd in (path, path.parent, path.parent / "gone"):
        assert run(["cassette", "show", "--textconv", str(odd)]) == 0
        assert capsys.readouterr().out.strip()


def test_prune_says_what_it_left_out(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the sizes before and after; the original stays."""
    out = path.with_name("b.cassette.jsonl")
    command = ["cassette", "prune", str(path), "--turns", "2-3", "--no-log", "--no-tools", "--no-aside"]
    assert run([*command, "-o", str(out)]) == 0
    shown = capsys.readouterr().out
    left_out = ["1 of 3 turns", "1 of 4 exchanges", "1 of 1 tool run", "3 of 3 log lines"]
    assert shown.splitlines()[:4] == [f"left out {what}" for what in left_out]
    assert f"wrote {out}   " in shown
    assert [exchange.id for exchange in load(out).exchanges] == [1, 2, 3]
    assert path.read_bytes() == RAW
    side = structs.replace(recording("x").exchanges[0], id=7, turn=None)
    path.write_bytes(codec.encode(with_exchange(recording("hello"), side)))
    other = out.with_name("c.cassette.jsonl")
    assert run(["cassette", "prune", str(path), "--no-aside", "-o", str(other)]) == 0
    assert [exchange.id for exchange in load(other).exchanges] == [0]
    path.write_bytes(RAW)
    assert run([*command, "--in-place"]) == 0
    assert path.with_name(path.name + ".bak").read_bytes() == RAW


def record(url: str, path: Path) -> None:
    """Two turns of a chat with a server, recorded as they pass."""
    recorder = Recorder(Writer(path, Header(tool="nexdiag", created=time.time(), origin=url)), Redactor())
    history: list[dict[str, str]] = []
    with httpx.Client(transport=RecordingTransport(httpx.HTTPTransport(), recorder)) as client:
        for number, said in enumerate(("hello", "and again"), start=1):
            history.append({"role": "user", "content": said})
            began = Turn(number=number, said=said, started=time.time())
            recorder.turn_started(began)
            asked = {"model": "m", "messages": history, "stream": True}
            where = {"nexdiag.turn": number}
            client.post(f"{url}/v1/chat/completions", json=asked, extensions=where).raise_for_status()
            history.append({"role": "assistant", "content": "whatever"})
            recorder.log_line(LogLine(at=time.time(), text=f"turn {number} took {time.time() % 1:.3f} s", turn=number))
            recorder.turn_ended(began)
    recorder.close()


def test_two_recordings_of_one_chat_have_one_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Recorded again, from the same server: git has nothing to show."""
    texts = []
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        for name in ("one", "two"):
            record(url, tmp_path / f"{name}.cassette.jsonl")
            assert run(["cassette", "show", "--textconv", str(tmp_path / f"{name}.cassette.jsonl")]) == 0
            texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert texts[0].count(" said\n") == 2
    assert texts[0].count("   = assistant") == 2


@pytest.mark.parametrize(
    "options",
    [["--turns", "1"], ["--in-place"], ["--turns", "9", "--in-place"], ["--session", "x", "--in-place"]],
    ids=" ".join,
)
def test_prune_wants_a_target_and_something_to_leave_out(
    path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cassette", "prune", str(path), *options]) == 2
    assert "hint: " in capsys.readouterr().err
    assert list(path.parent.iterdir()) == [path]


def test_stats_count_one_file_or_many(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cassette", "stats", str(path)]) == 0
    assert "messages   20 sent, 8 stored" in capsys.readouterr().out
    assert run(["cassette", "stats", str(path.parent), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["files"][0]["exchanges"]) == ("nexdiag.cassette-stats/1", 4)
    path.write_text("no cassette")
    assert run(["cassette", "stats", str(path)]) == 3


def test_git_setup_outside_a_repository_is_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert run(["cassette", "git-setup", "--dir", str(tmp_path)]) == 2
    assert "git init" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "repair", "show", "prune", "stats", "git-setup"])
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cassette", command, "--help"]) == 0
    assert f"Example: nexdiag cassette {command}" in " ".join(capsys.readouterr().out.split())
