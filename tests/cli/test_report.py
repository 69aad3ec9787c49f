"""`nexdiag report`."""

import json
import os
from pathlib import Path

import pytest

from nexdiag.capture.writer import Writer
from nexdiag.cli.app import run
from nexdiag.core.turn import LogLine
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles

TWO = str(Path(__file__).parents[2] / "examples" / "two-messages.toml")


@pytest.fixture
def cassette(tmp_path: Path) -> str:
    path = tmp_path / "two.cassette.jsonl"
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        assert run(["capture", TWO, "-e", url, "-m", "m", "--cassette", str(path)]) == 0
    return str(path)


def test_a_report_in_each_format(cassette: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Text on stdout, HTML and JSON into files; a healthy recording exits 0."""
    capsys.readouterr()
    assert run(["report", cassette]) == 0
    assert "two-messages" in capsys.readouterr().out
    page, facts = tmp_path / "r.html", tmp_path / "r.json"
    assert run(["report", cassette, "--format", "html", "-o", str(page)]) == 0
    assert page.read_text().startswith("<!doctype html>")
    assert run(["report", cassette, "--format", "json", "-o", str(facts)]) == 0
    assert json.loads(facts.read_text())["schema"] == "nexdiag.report/1"
    text = tmp_path / "r.txt"
    assert run(["report", cassette, "-o", str(text)]) == 0
    assert "two-messages" in text.read_text()


def test_a_report_in_text_ends_with_what_to_type_next(cassette: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The last line of stderr is a command that makes the page of the same recording."""
    capsys.readouterr()
    assert run(["report", cassette]) == 0
    wanted = f"Next: nexdiag report {cassette} --format html -o reports/two-messages.html"
    assert capsys.readouterr().err.splitlines() == [wanted]
    assert run(["report", cassette, "--format", "json"]) == 0
    assert capsys.readouterr().err == ""


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
    assert run(["report", cassette, "--format", "html", "-o", str(tmp_path)]) == 3
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
    assert "two-messages" in shown.out
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
