"""Promises of nexdiag.report.terminal."""

import io

import msgspec
import pytest
from report import sample
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from nexdiag.core.run import Report
from nexdiag.report.terminal import render


def printed(report: Report, width: int = 80, color: str | None = None) -> str:
    file = io.StringIO()
    render(report, Console(file=file, width=width, color_system=color, force_terminal=color is not None))
    return file.getvalue()


def test_the_sample_report(snapshot: SnapshotAssertion) -> None:
    """The terminal report of the founding case, word for word."""
    assert printed(sample.sample_report()) == snapshot


@pytest.mark.parametrize("width", [80, 40])
def test_lines_keep_to_the_width(width: int) -> None:
    """No line is wider than the terminal, however narrow, but for a command, which is there to be copied."""
    for report in (sample.sample_report(), sample.single_report(sample.hostile())):
        lines = [line for line in printed(report, width).splitlines() if not line[13:].startswith("nexdiag re")]
        assert all(len(line) <= width for line in lines)


def test_the_cause_names_turn_messages_words_and_fix() -> None:
    """One look tells which messages of which turn broke what, in the server's words, and the way out."""
    text = printed(sample.single_report(sample.alternation()), 160)
    for part in ("NX101 role-alternation", "turn 2, exchange 1", "3  user", "▸   4  user", "Now run it again.",
                 "must alternate", "12:00:06.104", "Join the warning", "refused by sglang after 4 ms"):  # fmt: skip
        assert part in text, part


def test_what_was_not_checked_is_said() -> None:
    """Skipped checks, tears and differences are printed, never left out."""
    text = printed(sample.sample_report(), 160)
    assert "\n  not checked: no Session for stream options" in text  # of the whole report, not under the last turn
    assert "TEAR       line 9: cut in a chunk" in text
    assert '- {"include_usage": true}' in text


def test_recorded_text_can_neither_style_nor_steer() -> None:
    """Markup is printed as it stands, and no recorded control character reaches the terminal."""
    text = printed(sample.single_report(sample.hostile()), 200)
    assert "[bold red]markup[/bold red]" in text
    assert "⟨ESC⟩[2J" in text
    assert all(char.isprintable() or char == "\n" for char in text)
    coloured = printed(sample.single_report(sample.hostile()), 200, "standard")
    assert "\x1b[2J" not in coloured
    assert "\x1b]" not in coloured


def test_a_long_run_is_folded_and_says_so() -> None:
    """Hundreds of quiet turns take one line, which counts them."""
    text = printed(sample.single_report(sample.long_run(100)))
    assert "… 94 answered turns without findings not shown" in text
    assert "turn 1 " in text
    assert "turn 100" in text


def test_a_turn_with_an_error_in_its_log_is_not_folded_away() -> None:
    """It is no quiet one; and of very many errors the first few are shown, the others counted."""
    run = sample.long_run(100)
    log = (*run.cassette.log, *(sample.log(200, f"wrong {number}", "ERROR", 50) for number in range(8)))
    loud = msgspec.structs.replace(run, cassette=msgspec.structs.replace(run.cassette, log=log))
    text = printed(sample.single_report(loud))
    assert "✓ turn 50 " in text
    assert "wrong 4" in text
    assert "wrong 5" not in text
    assert "… 3 more errors logged" in text


def test_of_a_long_run_that_goes_on_failing_the_first_are_shown() -> None:
    """The first and last turns and the first troubles; the others are counted, and shown where that is asked."""
    run = sample.long_run(100)
    turns = tuple(msgspec.structs.replace(turn, outcome="failed") for turn in run.cassette.turns)
    report = sample.single_report(
        msgspec.structs.replace(run, cassette=msgspec.structs.replace(run.cassette, turns=turns))
    )
    text = printed(report)
    assert "✗ turn 20 " in text
    assert "✗ turn 21 " not in text
    assert "✗ turn 100 " in text
    assert "… 77 more turns that failed or hold findings (all: --all) not shown" in text
    console = Console(file=io.StringIO(), width=100)
    render(report, console, every=True)
    assert isinstance(console.file, io.StringIO)
    assert all(f"✗ turn {number} " in console.file.getvalue() for number in range(1, 101))


def test_colour_only_repeats_the_words() -> None:
    """Without colour the same words stand there."""
    plain = printed(sample.single_report(sample.alternation()))
    coloured = Console(file=io.StringIO(), width=80, record=True, force_terminal=True, color_system="standard")
    render(sample.single_report(sample.alternation()), coloured)
    assert coloured.export_text(styles=False) == plain


def test_what_the_log_says_stands_in_its_turn() -> None:
    """An error with the first line and the last of its traceback; an expectation that did not hold."""
    text = printed(sample.single_report(sample.logged()), 160)
    first, second = text.split("✓ turn 2")
    assert "✗ ERROR daemon  12:00:01.500  it went wrong … RuntimeError: no more" in first
    assert "✗ expected: the answer lacks 'blue'" in second
    assert "✗ two questions  turn 2 of 2 was not as expected: the answer lacks 'blue'" in first


def test_a_long_refusal_is_told_to_its_end() -> None:
    """llama.cpp names its reason last: it stands in the turn even where the terminal is narrow."""
    words = "Unable to generate parser. " + "{{ x }} " * 90 + "Error: Jinja Exception: roles must alternate"
    tape = sample.Tape()
    tape.ask([sample.user("a")], sample.refused(400, words), 0, 1)
    lines = [line.strip() for line in printed(sample.single_report(sample.run("r", tape, ()))).splitlines()]
    told = " ".join(lines)
    assert '✗ "Unable to generate parser.' in told
    assert 'Error: Jinja Exception: roles must alternate"' in told


def test_times_that_nobody_took_are_not_shown_as_none() -> None:
    """What was imported may have no times; and a time says of what it is."""
    run = sample.healthy()
    bare = tuple(
        msgspec.structs.replace(one, duration=0.0, response=msgspec.structs.replace(one.response, first_byte=0.0))
        for one in run.cassette.exchanges
        if one.response is not None
    )
    assert "whole 870 ms" in printed(sample.single_report(run))
    timeless = msgspec.structs.replace(run.cassette, exchanges=bare)
    text = printed(sample.single_report(msgspec.structs.replace(run, cassette=timeless)))
    assert "first byte" not in text
    assert "whole" not in text


def test_how_to_see_it_again_is_told_in_commands_that_can_be_pasted() -> None:
    """Of a failed turn alone, and of a file that has a name which a terminal can show."""
    text = printed(sample.single_report(sample.alternation()))
    named = "'cassettes/sglang/context warning.cassette.jsonl'"
    assert (
        f"  REPRO      nexdiag report {named} --curl 2 | sh\n" in text
    )  # of another client, whose command is not known
    assert "REPRO" not in printed(sample.single_report(sample.healthy()))
    assert "REPRO" not in printed(sample.single_report(sample.hostile()))


def test_the_same_refusal_is_told_once() -> None:
    """Where the cause quotes it, or a turn above."""
    tape = sample.Tape()
    for turn in (1, 2, 3):
        tape.ask([sample.user("a")], sample.refused(400, "no such model here"), 0, turn)
    text = printed(sample.single_report(sample.run("r", tape, ())), 120)
    assert (text.count('"no such model here"'), text.count("refused in the words above")) == (1, 2)
