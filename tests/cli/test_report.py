"""`nexdiag report`."""

import json
import os
import shlex
import subprocess
import zipfile
from pathlib import Path

import pytest

from nexdiag.capture.writer import Writer
from nexdiag.cli.app import run
from nexdiag.core.turn import LogLine
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.report import limits

ROOT = Path(__file__).parents[2]
INCIDENT = "cassettes/llama.cpp/incident-pushed-warning.cassette.jsonl"
TWO = str(Path(__file__).parents[2] / "examples" / "two-messages.toml")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("recorded") / "two.cassette.jsonl"
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        assert run(["capture", TWO, "-e", url, "-m", "m", "--cassette", str(path)]) == 0
    return path.read_bytes()


@pytest.fixture
def cassette(recorded: bytes, tmp_path: Path) -> str:
    path = tmp_path / "two.cassette.jsonl"
    path.write_bytes(recorded)
    return str(path)


def test_a_report_in_each_format(cassette: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Text on stdout, HTML and JSON into files; a healthy recording exits 0."""
    capsys.readouterr()
    assert run(["report", cassette]) == 0
    assert "✓ two " in capsys.readouterr().out
    page, facts = tmp_path / "r.html", tmp_path / "r.json"
    assert run(["report", cassette, "--format", "html", "-o", str(page)]) == 0
    assert page.read_text().startswith("<!doctype html>")
    assert run(["report", cassette, "--format", "json", "-o", str(facts)]) == 0
    assert json.loads(facts.read_text())["schema"] == "nexdiag.report/1"
    text = tmp_path / "r.txt"
    assert run(["report", cassette, "-o", str(text)]) == 0
    assert "✓ two " in text.read_text()


def test_a_report_in_text_ends_with_what_to_type_next(cassette: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The last line of stderr is a command that makes the page of the same recording."""
    capsys.readouterr()
    assert run(["report", cassette]) == 0
    wanted = f"Next: nexdiag report {cassette} --format html -o reports/two.html"
    assert capsys.readouterr().err.splitlines() == [wanted]
    assert run(["report", cassette, "--format", "json"]) == 0
    assert capsys.readouterr().err == ""


def test_a_name_that_a_terminal_would_obey_is_not_printed(cassette: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor one that a runner would take for a command."""
    hostile = Path(cassette).with_name("a\n::error::x\u202e.cassette.jsonl")
    Path(cassette).rename(hostile)
    capsys.readouterr()
    assert run(["report", str(hostile)]) == 0
    shown = capsys.readouterr()
    assert "\n::error" not in shown.out + shown.err
    assert "\u202e" not in shown.out + shown.err
    assert shown.err.startswith("Next: nexdiag report FILE --format html")


def test_a_recording_without_an_exchange_is_nothing_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 4, and no report that looks well."""
    path = tmp_path / "empty.cassette.jsonl"
    path.write_text('{"cassette":1}\n')
    assert run(["report", str(path)]) == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "holds no exchange" in shown.err


def test_a_report_that_cannot_be_written_is_exit_3(
    cassette: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The place is named, with a hint."""
    (tmp_path / "file").write_text("x")
    assert run(["report", cassette, "--format", "html", "-o", str(tmp_path / "file" / "x.html")]) == 3
    assert "cannot write" in capsys.readouterr().err


def test_a_directory_without_cassettes_is_nothing_to_do(tmp_path: Path) -> None:
    """Exit 4, not an empty report."""
    assert run(["report", str(tmp_path)]) == 4


def test_without_a_name_it_is_the_newest_recording(
    cassette: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which; and where there is none, what to do."""
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert run(["report"]) == 4
    assert capsys.readouterr().err == (
        "error: no recording is named, and there is none below cassettes/\n"
        "hint: name one, or record one first with: nexdiag capture\n"
    )
    for age, name in enumerate(("new", "old")):
        path = tmp_path / "cassettes" / name / "two.cassette.jsonl"
        path.parent.mkdir(parents=True)
        path.write_bytes(Path(cassette).read_bytes())
        os.utime(path, (1e9 - age, 1e9 - age))
    assert run(["report"]) == 0
    shown = capsys.readouterr()
    assert "✓ two " in shown.out
    assert shown.err.startswith("the newest recording: cassettes/new/two.cassette.jsonl\n")


def test_errors_in_the_log_are_not_a_pass(cassette: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A recording whose log holds an error exits 1, and the error is shown."""
    writer = Writer.reopen(Path(cassette))
    writer.log_line(LogLine(at=1.0, text="it went wrong", level="ERROR", turn=1))
    writer.close()
    capsys.readouterr()
    assert run(["report", cassette]) == 1
    shown = capsys.readouterr().out
    assert "2 turns answered; 1 error logged" in shown
    assert "it went wrong" in shown


@pytest.mark.parametrize("form", ["json", "jsonl", "github", "junit", "sarif", "md"])
def test_each_format_of_a_failure_exits_1_and_names_the_rule(
    form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stdout, and nothing but it."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert run(["report", INCIDENT, "--format", form]) == 1
    shown = capsys.readouterr()
    assert "role-alternation" in shown.out
    assert shown.err == ""
    if form in ("github", "sarif", "junit"):
        assert INCIDENT in shown.out
        assert f"line{'=14' if form == 'github' else ''}" in shown.out.replace('startLine": 14', "line")


def test_the_summary_of_a_step_is_appended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To what stands there; annotations go to stdout."""
    monkeypatch.chdir(ROOT)
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    assert run(["report", INCIDENT, "--format", "github"]) == 1
    assert page.read_text().startswith("before\n### nexdiag report")
    assert capsys.readouterr().out.startswith("::error file=cassettes/")


def test_a_failure_ends_with_how_to_see_it_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both commands that the screen tells are ones that can be typed."""
    monkeypatch.chdir(ROOT)
    assert run(["report", INCIDENT]) == 1
    shown = capsys.readouterr().out
    repro = [line.split("nexdiag ", 1)[1] for line in shown.splitlines() if "nexdiag re" in line]
    assert [line.split()[0] for line in repro] == ["replay", "report"]
    assert repro[1].endswith(" | sh")
    assert run(shlex.split(repro[1].removesuffix(" | sh"))) == 0
    curl = capsys.readouterr().out
    assert curl.startswith("curl -sS -X POST http://127.0.0.1:45849/v1/chat/completions ")
    assert run(shlex.split(repro[0])) in (0, 1)


def test_a_curl_command_sends_the_very_request_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a turn, the refused one; a shell reads its body as it was recorded, and the key comes from outside."""
    monkeypatch.chdir(ROOT)
    assert run(["report", INCIDENT, "--curl", "2"]) == 0
    shown = capsys.readouterr()
    words = subprocess.run(
        ["/bin/sh", "-c", "printf '%s\\0' " + shown.out.removeprefix("curl ")], capture_output=True, check=True
    ).stdout.split(b"\0")
    body = json.loads(words[words.index(b"--data-binary") + 1])
    assert [one["role"] for one in body["messages"]][-2:] == ["user", "user"]
    assert shown.err == "exchange 1\n"  # its client sent no key
    assert run(["report", INCIDENT, "--curl", "9"]) == 2
    assert "there is no turn 9" in capsys.readouterr().err


def test_one_turn_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are said to be left out; one that is not there is an error."""
    monkeypatch.chdir(ROOT)
    assert run(["report", INCIDENT, "--turn", "1"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "turn 1" in shown
    assert "turn 2" not in shown
    assert "the other turns were asked to be left out, with 1 finding" in shown
    assert run(["report", INCIDENT, "--turn", "9"]) == 2
    assert run(["report", "cassettes/llama.cpp", "--turn", "1"]) == 2


def test_other_recordings_are_read_and_redacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bare request, and exchanges as JSON Lines with a key in them."""
    secret = "sk-proj-9f8e7d6c5b4a39281706fedcba9876543210"
    monkeypatch.setenv("OPENAI_API_KEY", secret)
    request = {"model": "m", "messages": [{"role": "user", "content": one} for one in (secret, "b")]}
    bare, lines = tmp_path / "a.json", tmp_path / "b.jsonl"
    bare.write_text(json.dumps(request))
    lines.write_text(json.dumps({"request": request, "status": 400, "response": f"no {secret}", "server": "vllm"}))
    for form in ("text", "md", "html", "jsonl"):
        assert run(["report", str(bare), str(lines), "--format", form]) == 1
        shown = capsys.readouterr()
        assert secret not in shown.out + shown.err
    assert run(["report", str(lines), "--curl", "1"]) == 0
    assert secret not in capsys.readouterr().out


def test_a_bundle_is_made_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is in it, what to look at, what to type next; its exit code is that of a file that was written."""
    monkeypatch.chdir(ROOT)
    target = tmp_path / "b.nexdiag.zip"
    assert run(["report", INCIDENT, "--bundle", "--no-content", "-o", str(target)]) == 0
    shown = capsys.readouterr()
    assert zipfile.is_zipfile(target)
    assert "MANIFEST.json" in shown.out
    assert "look at: " in shown.err
    assert shown.err.splitlines()[-1] == f"Next: unzip -p {target} report.md"
    assert run(["report", INCIDENT, "--bundle", "-o", str(target)]) == 3
    assert "it exists" in capsys.readouterr().err
    assert run(["report", INCIDENT, "--bundle", "-o", str(target), "--force"]) == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--bundle", "--curl", "1"],
        ["--bundle", "--format", "md"],
        ["--curl", "1", "--format", "md"],
        ["--bundle", "--turn", "1"],
        ["--no-content"],
        ["--redact", "x"],
        ["--force"],
        ["cassettes/llama.cpp", "--bundle"],
        ["cassettes/llama.cpp", "--curl", "1"],
    ],
)
def test_options_that_mean_nothing_together_are_refused(
    options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, with a hint; nothing is written."""
    monkeypatch.chdir(ROOT)
    assert run(["report", INCIDENT, *options]) == 2
    assert "hint: " in capsys.readouterr().err


def test_a_page_that_no_browser_opens_is_refused(
    cassette: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do instead; a large one is told."""
    page = tmp_path / "r.html"
    monkeypatch.setattr(limits, "PAGE_LARGE", 10)
    assert run(["report", cassette, "--format", "html", "-o", str(page)]) == 0
    assert "--turn N" in capsys.readouterr().err
    page.unlink()
    monkeypatch.setattr(limits, "PAGE_MOST", 100)
    assert run(["report", cassette, "--format", "html", "-o", str(page)]) == 3
    assert "no browser opens that" in capsys.readouterr().err
    assert not page.exists()
