"""Promises of `nexdiag.report.smoke`."""

from typing import Any

import msgspec

from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.core.run import Run
from nexdiag.core.scenario import Say, Scenario, Spoken
from nexdiag.report.smoke import checked, heading, listed, spoken, verdict

TWO = Scenario(name="two", say=(Say(text="One."), Say(text="Two.")), about="The smallest.")
FINE = Spoken(number=1, said="One.", reply="Yes.", turn=1, outcome="answered", seconds=1.9)
BROKEN = Spoken(number=2, said="Two.", error="400: roles must alternate", turn=2, unmet=("an answer was expected",))


def finding(turn: int, severity: Severity = Severity.ERROR, **more: Any) -> Finding:  # noqa: ANN401 - any fields
    """One that weighs."""
    where = Location(turn=turn, exchange=turn - 1, message_index=3)
    facts: dict[str, Any] = {"rule": "role-alternation", "code": f"NX10{turn}", "summary": "two users"} | more
    return Finding(severity=severity, location=where, **facts)


def run(*findings: Finding) -> Run:
    """A recording with these findings."""
    return Run(name="two", cassette=Cassette(header=Header()), profile="sglang", findings=findings)


def told(*said: Spoken, found: tuple[Finding, ...] = (), **more: Any) -> list[str]:  # noqa: ANN401 - any options
    """The lines of the verdict."""
    return verdict(more.pop("scenario", TWO), said, [run(*found)], files=["c.jsonl"], **more).split("\n")


def test_a_message_is_one_line_with_all_that_is_known() -> None:
    """Said, came, tools, tokens, pieces, times."""
    one = msgspec.structs.replace(
        FINE, tools=("glob", "glob", "grep"), together=2, input_tokens=1234, output_tokens=5, pieces=41, first=0.212
    )
    line = spoken(one)
    assert line.startswith("  turn 1 ✓ One. ")
    assert line.endswith("→ glob ×2   → grep   2 at once   1.2k + 5 tok   41 pieces   first 212 ms   1.9 s")
    assert "→ Yes." in line


def test_what_did_not_hold_stands_below() -> None:
    """Each on a line of its own, and so does what was not checked."""
    one = msgspec.structs.replace(BROKEN, unmet=("a", "b"), unchecked=("c",), done="killed")
    head, *rows = spoken(one, chats=True).split("\n")
    assert head.startswith("  chat 0 turn 2 ✗ Two. ")
    assert "→ 400: roles must alternate" in head
    assert head.endswith("daemon killed on purpose")
    assert rows == ["      ✗ a", "      ✗ b", "      ? not checked: c"]


def test_a_message_without_a_turn_is_told_by_its_number() -> None:
    """A slash command has none."""
    assert spoken(Spoken(number=7, said="/status", reply="fine")).startswith("  message 7 ✓")


def test_nothing_that_was_said_is_obeyed_by_a_terminal() -> None:
    """Control characters and line ends of a server become signs."""
    evil = "\x1b[2Jred\nline\u202e"
    one = Spoken(number=1, said=evil, error=evil, turn=1, unmet=(evil,), unchecked=(evil,), tools=(evil,))
    scenario = Scenario(name=evil, say=(Say(text=evil),), about=evil, tools=(evil,))
    bad = run(finding(1, summary=evil, server_words=evil, fix=evil))
    text = "".join(
        [
            spoken(one),
            verdict(scenario, [one], [bad], files=[evil]),
            heading(scenario, evil, evil),
            listed([scenario]),
            checked(scenario, evil),
        ]
    )
    assert not {"\x1b", "\u202e"} & {*text}
    assert "line\n" not in text.replace("line⟨U+202E⟩\n", "")


def test_a_smoke_that_passed_says_so_in_a_line() -> None:
    """With what was saved, and where."""
    assert told(FINE, FINE) == [
        "✓ two: 2 of 2 messages, every expectation held",
        "  saved c.jsonl   0 turns · 0 exchanges · 0 log lines · 0 findings",
    ]


def test_the_second_message_that_breaks_is_named_with_its_finding() -> None:
    """The founding case: the turn, why, and the finding of that turn, before one of an earlier turn."""
    words = "Conversation roles must alternate"
    lines = told(FINE, BROKEN, found=(finding(1), finding(2, server_words=words, fix="merge them")))
    assert lines[:5] == [
        "✗ two broke in turn 2: an answer was expected",
        "  NX102 role-alternation   turn 2, exchange 1, messages[3]",
        "    two users",
        f"    the server: {words}",
        "    fix: merge them",
    ]


def test_later_turns_that_broke_are_counted() -> None:
    """The first one is the news."""
    later = msgspec.structs.replace(BROKEN, number=3, turn=3)
    assert told(FINE, BROKEN, later)[:2] == [
        "✗ two broke in turn 2: an answer was expected",
        "  and in 1 later turn",
    ]


def test_a_finding_alone_breaks_a_smoke_and_a_remark_does_not() -> None:
    """What weighs is named, wherever it was recorded."""
    lines = told(FINE, found=(finding(1),))
    assert lines[0] == "✗ two: every expectation held, but NX101 role-alternation was found"
    assert told(FINE, found=(finding(1, Severity.INFO),))[0].startswith("✓")


def test_an_interrupted_smoke_did_not_pass() -> None:
    """What was said and recorded by then is told."""
    assert told(FINE, interrupted=True)[0] == "✗ two was interrupted: 1 of 2 messages said and recorded"
    assert "  interrupted: 2 of 2 messages said and recorded" in told(FINE, BROKEN, interrupted=True)


def test_what_was_not_checked_is_told_with_its_turn() -> None:
    """It neither passes nor fails."""
    lines = told(msgspec.structs.replace(FINE, unchecked=("the turn was over before it could be cancelled",)))
    assert lines[0].startswith("✓")
    assert "  not checked: turn 1: the turn was over before it could be cancelled" in lines


def test_chats_are_named_where_there_are_several() -> None:
    """Turns are counted in each anew."""
    scenario = msgspec.structs.replace(TWO, repeat=2)
    in_second = msgspec.structs.replace(BROKEN, chat=1)
    assert told(FINE, in_second, scenario=scenario)[0].startswith("✗ two broke in chat 1 turn 2:")


def test_the_heading_says_what_is_played_and_where() -> None:
    """Before anything is sent."""
    assert heading(TWO, "http://h:1", "m") == "● two   2 messages → http://h:1   m"
    many = msgspec.structs.replace(TWO, repeat=3, tools=("glob",))
    assert heading(many, "http://h:1", "m") == "● two   6 messages in 3 chats → http://h:1   m   tools glob"


def test_the_library_is_a_table() -> None:
    """Names stand in a column."""
    longer = msgspec.structs.replace(TWO, name="longer", tools=("glob",))
    assert listed([TWO, longer]).split("\n") == [
        "two      2 messages     The smallest.",
        "longer   2 messages     The smallest. Tools: glob.",
    ]
    assert listed([]) == ""


def test_a_valid_scenario_is_told_in_a_line() -> None:
    """What it would do."""
    assert checked(TWO, "two.toml") == "✓ two.toml: two, 2 messages in 1 chat, tools: none"
