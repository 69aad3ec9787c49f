"""What every door shares."""

import io
from pathlib import Path

import pytest

from nexdiag.cli import console
from nexdiag.core.errors import NexdiagError, UsageError


def test_progress_goes_to_stderr_and_quiet_silences_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results and progress never mix; --quiet takes the progress away, not the results."""
    console.progress().print("working")
    console.results().print("done")
    assert capsys.readouterr() == ("done\n", "working\n")
    monkeypatch.setattr(console.settings, "quiet", True)
    console.progress().print("working")
    console.results().print("done")
    assert capsys.readouterr() == ("done\n", "")


def test_colour_follows_the_option_then_no_color_then_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe has no colour unless it is asked for; NO_COLOR takes it away."""
    assert not console.results().is_terminal
    monkeypatch.setattr(console.settings, "color", True)
    assert console.results().is_terminal
    monkeypatch.setattr(console.settings, "color", None)
    monkeypatch.setenv("NO_COLOR", "1")
    assert console.results().no_color


def test_recorded_text_is_never_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets and emoji names in recorded text are shown as they are."""
    console.results().print("[bold]x[/bold] :smile: /tmp/[red]")
    assert capsys.readouterr().out == "[bold]x[/bold] :smile: /tmp/[red]\n"


def test_a_result_is_delivered_to_the_file_that_was_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """-o writes the file, with its directories; a place that cannot be written is an error with a hint."""
    console.deliver("text", tmp_path / "new" / "out.txt")
    assert (tmp_path / "new" / "out.txt").read_text() == "text"
    assert capsys.readouterr().out == ""
    console.deliver("text", None)
    assert capsys.readouterr().out == "text\n"
    with pytest.raises(NexdiagError, match="cannot write"):
        console.deliver("text", tmp_path)


def test_no_text_is_no_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty result prints nothing; as a file it is empty."""
    console.deliver("", None)
    assert capsys.readouterr().out == ""
    console.deliver("", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b""


def test_a_complaint_is_two_lines_that_no_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    """A server's words in an error are shown, not obeyed, and stay on their line."""
    console.complain("it said \x1b[2J\nand more", "look", ValueError())
    assert capsys.readouterr().err == "error: it said ⟨ESC⟩[2J⏎and more\nhint: look\n"


def test_input_that_is_no_text_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line, or the whole; bytes that are no text are told by their place."""
    monkeypatch.setattr("sys.stdin", io.StringIO("a\nb\nc"))
    assert (console.read_input(whole=False), console.read_input(whole=True)) == ("a\n", "b\nc")
    assert console.read_input(whole=False) == ""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8"))
    with pytest.raises(UsageError, match="byte 0"):
        console.read_input(whole=True)


def test_what_was_not_checked_is_said_even_when_quiet(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is part of the outcome."""
    monkeypatch.setattr(console.settings, "quiet", True)
    console.not_checked(["a: b", "c"])
    assert capsys.readouterr() == ("", "not checked: a: b\nnot checked: c\n")
