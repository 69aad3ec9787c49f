"""Promises of `nexdiag.cli.replay_ways`: each way of `nexdiag replay`, from its options to its exit code."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from nexdiag.cli.app import run

ROOT = Path(__file__).parents[2]
FIVE = ROOT / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl"
SDK = ROOT / "cassettes" / "llama.cpp" / "openai-sdk-tool-round-trip.cassette.jsonl"
LONGER = ROOT / "cassettes" / "llama.cpp" / "five-over-responses.cassette.jsonl"
MENDED = ROOT / "cassettes" / "stub-of-azure" / "incident-stream-options.cassette.jsonl"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--serve", "--faults", "all"], "--serve and --faults do not go together"),
        (["--port", "1"], "--port is not for a plain replay: it is for --serve and a command after --"),
        (["--serve", "--jobs", "2"], "--jobs is not for --serve: it is for a plain replay"),
        (["--then", "live"], "--then is not for a plain replay: it is for --until"),
        (["--workspace", "."], "--workspace is for --tools live"),
        (["--tools", "live", "--workspace", "nowhere"], "no directory at nowhere"),
        (["--from", "1", "--session", "nobody"], "nobody"),
        (["--until", "2"], "--until N and --then live go together"),
        (["--until", "2", "--then", "dead"], "--until N and --then live go together"),
        (["--faults", "some"], "--faults 'some' is not known"),
        (["--faults", "all", "--format", "junit"], "--format junit is not for a table of faults"),
        (["--determinism", "--format", "json"], "--format is not for --determinism"),
        (["--match", "exat"], "--match 'exat' is not known"),
        (["--fault", "cat@2"], "cat"),
        (["--shard", "3/2"], "3/2"),
    ],
)
def test_options_that_make_no_sense_together_are_told(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing that was asked for is ignored: exit 2, what and a hint."""
    assert run(["replay", str(FIVE), *words]) == 2
    shown = capsys.readouterr().err.splitlines()
    assert said in shown[0]
    assert shown[1].startswith("hint: ")


def test_a_replay_without_a_cassette_says_what_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    """Also with --serve."""
    assert run(["replay"]) == 2
    assert run(["replay", "--serve"]) == 2
    assert [row.split(":")[0] for row in capsys.readouterr().err.splitlines()] == ["error", "hint"] * 2


def test_verdicts_are_written_in_the_format_that_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stdout alone, or into a file."""
    assert run(["replay", str(FIVE), str(MENDED), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "nexdiag.replay/1"
    assert run(["replay", str(FIVE), "--format", "jsonl"]) == 0
    assert [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert run(["replay", str(FIVE), "--format", "junit", "-o", str(tmp_path / "r.xml")]) == 0
    assert ET.fromstring((tmp_path / "r.xml").read_text()).tag == "testsuites"  # noqa: S314 - our own file


def test_github_gets_its_summary_appended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands there already stays; where it cannot be written, the replay goes on."""
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    assert run(["replay", str(FIVE), "--format", "github"]) == 0
    assert page.read_text().startswith("before\n")
    assert "five-back-to-back" in page.read_text()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    assert run(["replay", str(FIVE), "--format", "github"]) == 0
    assert "no summary" in capsys.readouterr().err


def test_a_server_says_where_it_listens_and_ends_with_the_verdict() -> None:
    """SIGTERM ends it: one request of two came, so one recording was not played, exit 1."""
    command = [sys.executable, "-m", "nexdiag", "replay", str(SDK), "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        url = served.stdout.readline().removeprefix("listening ").strip()
        asked = urllib.request.urlopen(f"{url}/v1/models", timeout=60).read()  # noqa: S310 - on this machine
        assert json.loads(asked)["object"] == "list"
        served.send_signal(signal.SIGTERM)
        out, err = served.communicate(timeout=60)
    assert served.returncode == 1, err
    assert "GET /v1/models" in err
    assert "missing" in out


def test_a_command_hands_its_own_failure_on(capfd: pytest.CaptureFixture[str]) -> None:
    """Its exit code goes before ours; what it did not ask for is told."""
    assert run(["replay", str(SDK), "--", sys.executable, "-c", "raise SystemExit(7)"]) == 7
    assert "no request came" in capfd.readouterr().err
    assert run(["replay", str(SDK), "--", sys.executable, "-c", ""]) == 4


def test_every_fault_at_every_place_is_survived(capsys: pytest.CaptureFixture[str]) -> None:
    """A table; exit 0 while nothing is lost in silence. With --fault, only that one."""
    assert run(["replay", str(FIVE), "--faults", "all", "--fault", "cut@2#1", "--fault", "status:429@1"]) == 0
    shown = capsys.readouterr().out
    assert "recovered" in shown
    assert run(["replay", str(SDK), "--faults", "all"]) == 4


def test_a_fault_that_a_turn_gets_over_is_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    """The retry gets what was recorded, and the session is as it was."""
    assert run(["replay", str(FIVE), "--fault", "reset@2", "--fault", "status:429@3,retry-after=0"]) == 0
    assert "turn 3 ✓ exact" in capsys.readouterr().out


def test_a_command_that_varies_is_studied(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It is run several times, answered each time; what it sends otherwise is named, and exit 1 says so."""
    program = tmp_path / "agent.py"
    program.write_text(
        "import os, urllib.request\n"
        'body = b\'{"model": "%s", "messages": []}\' % os.environ[\'HOME\'].encode()\n'
        "url = os.environ['OPENAI_BASE_URL'] + '/chat/completions'\n"
        "urllib.request.urlopen(urllib.request.Request(url, body, {'content-type': 'application/json'})).read()\n"
    )
    assert run(["replay", str(SDK), "--determinism", "--", sys.executable, str(program)]) == 1
    assert "/model" in capfd.readouterr().out


def test_a_recording_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Below cassettes/, from the project's directory; with a slip, the nearest name is offered."""
    monkeypatch.chdir(ROOT)
    assert run(["replay", "five-over-messages"]) == 0
    assert run(["replay", "five-over-mesages"]) != 0
    assert "five-over-messages" in capsys.readouterr().err


@pytest.mark.parametrize(
    "way", [[], ["--serve"], ["--faults", "all"], ["--determinism"], ["--from", "2"], ["--", sys.executable, "-c", ""]]
)
def test_a_recording_that_is_not_there_is_told_alike_by_each_way(
    way: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 3, and the nearest name; a pattern that fits nothing is nothing to do."""
    monkeypatch.chdir(ROOT)
    assert run(["replay", "five-over-mesages", *way]) == 3
    what, hint = capsys.readouterr().err.splitlines()
    assert what == "error: there is no cassette at five-over-mesages"
    assert "five-over-messages" in hint
    assert run(["replay", "no*such", *way]) == 4
    assert "no recording matches no*such" in capsys.readouterr().err


def test_a_recording_that_a_way_is_not_for_does_not_stop_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Found by patterns and by names; those of other clients are told, and one that is not there is exit 3."""
    monkeypatch.chdir(ROOT)
    campaign = ["--faults", "all", "--fault", "cut@1#1"]
    assert run(["replay", "openai-sdk-tool*", "five-over-messages", *campaign]) == 0
    shown = capsys.readouterr()
    assert "five-over-messages" in shown.out
    assert "openai-sdk-tool" in shown.err
    assert run(["replay", "five-over-mesages", "five-over-messages", *campaign]) == 3
    assert "five-over-messages" in capsys.readouterr().out
    assert run(["replay", "openai-sdk-*", "--determinism"]) == 4
    told = [row for row in capsys.readouterr().err.splitlines() if row.startswith("error: ")]
    assert ["responses" in told[0], "tool-round-trip" in told[1]] == [True, True]


def test_a_fault_that_fits_some_recordings_strikes_those(capsys: pytest.CaptureFixture[str]) -> None:
    """The others are told, and it is no failure; where it fits none, exit 2."""
    assert run(["replay", str(FIVE), str(LONGER), "--fault", "cut@1#10"]) == 0
    shown = capsys.readouterr()
    assert "✓ 2 recordings: 1 not played, 1 exact" in shown.out
    assert shown.err.startswith("error: cut@1#10 cannot strike")
    assert run(["replay", str(FIVE), "--fault", "cut@99#1"]) == 2
    assert "hint: " in capsys.readouterr().err


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_exit_code_holds_where_nobody_reads_why(form: str) -> None:
    """As in `nexdiag replay cassettes/ | head -1`: a replay that fails must not pass for want of a reader."""
    failing = ["--max-age", "1s", "--expired", "fail"]
    command = [sys.executable, "-m", "nexdiag", "replay", str(FIVE), *failing, "--format", form]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as replaying:
        assert replaying.stdout is not None
        replaying.stdout.close()
        assert replaying.wait(timeout=60) == 1


def test_an_old_recording_warns_or_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """As it is chosen."""
    assert run(["replay", str(FIVE), "--max-age", "1s"]) == 0
    assert run(["replay", str(FIVE), "--max-age", "1s", "--expired", "fail"]) == 1
    assert capsys.readouterr().out.count("old") >= 1
    assert os.environ.get("NEXDIAG_REPLAY_MAX_AGE") is None


@pytest.mark.parametrize("read", ["kept", "kept/a.cassette.jsonl", "kept/*.jsonl"])
@pytest.mark.parametrize("written", ["kept/a.cassette.jsonl", "link", "hard", "kept"])
def test_verdicts_never_take_the_place_of_a_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: str, written: str
) -> None:
    """By no name, no link, and not in a directory or by a pattern that is replayed: exit 2, and the recording stays."""
    monkeypatch.chdir(tmp_path)
    kept = tmp_path / "kept" / "a.cassette.jsonl"
    kept.parent.mkdir()
    kept.write_bytes(FIVE.read_bytes())
    Path("link").symlink_to(kept)
    Path("hard").hardlink_to(kept)
    for more in ([], ["--format", "junit"], ["--faults", "all"], ["--serve"], ["--", "true"]):
        assert run(["replay", read, "-o", written, *more]) == 2
    assert kept.read_bytes() == FIVE.read_bytes()


def test_a_recording_that_its_command_chose_is_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is known only when the command was run."""
    monkeypatch.chdir(tmp_path)
    kept = tmp_path / "cassettes" / "a.cassette.jsonl"
    kept.parent.mkdir()
    head, *rest = FIVE.read_text().splitlines()
    kept.write_text("\n".join([json.dumps(json.loads(head) | {"command": "true"}), *rest, ""]))
    before = kept.read_bytes()
    assert run(["replay", "-o", "cassettes/a.cassette.jsonl", "--", "true"]) != 0
    assert kept.read_bytes() == before
