"""Reports as plain lines."""

import msgspec

from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Run
from nexdiag.lint.bare import BareExchange
from nexdiag.lint.engine import judge_bare
from nexdiag.report import lines

FINDING = Finding(
    rule="role-alternation",
    code="NX101",
    severity=Severity.ERROR,
    summary="messages[1] and messages[2] are both user",
    location=Location(turn=2, exchange=1, message_index=2, pointer="/messages/2/role"),
    fix="merge them",
    server_words="Conversation roles must alternate\nand so on",
    repeats=3,
)
RUN = Run(name="five", cassette=Cassette(header=Header()), profile="unknown")


def test_a_finding_is_told_with_place_words_fix_and_repeats() -> None:
    """All that a reader needs to act, under the file's name."""
    told = lines.judged([("a.cassette.jsonl", "vllm", [FINDING], ["turns: none"])])
    assert told.splitlines() == [
        "a.cassette.jsonl   profile vllm   1 finding",
        "  error   NX101 role-alternation   turn 2, exchange 1, messages[2], /messages/2/role",
        "          messages[1] and messages[2] are both user",
        "          the server: Conversation roles must alternate⏎and so on",
        "          fix: merge them",
        "          again in 3 later exchanges",
        "  not checked: turns: none",
    ]


def test_several_files_are_summed_up() -> None:
    """The last line counts them."""
    told = lines.judged([("a", "vllm", [FINDING], []), ("b", "vllm", [], [])])
    assert told.splitlines()[-1] == "2 files, 1 finding"


def test_a_fault_in_the_address_names_the_url_as_its_field() -> None:
    """A finding that no pointer reaches still says where: the URL."""
    there = Location(turn=1, exchange=0)
    finding = msgspec.structs.replace(FINDING, location=there, facts={"url": "http://h/chat/completions"})
    assert lines.diagnosis(finding).splitlines()[0].endswith("turn 1, exchange 0, the URL")


def test_the_server_is_quoted_line_by_line() -> None:
    """A template's error spans lines, and its caret must stand under the right word."""
    assert "the server  Conversation roles must alternate\n                and so on" in lines.diagnosis(FINDING)


def test_the_first_divergence_is_shown_and_the_rest_counted() -> None:
    """Both values of each path in the first changed turn; later turns are a number."""
    one = Difference(pointer="/messages/1", left="a", right={"b": 1})
    turns = (
        TurnVerdict(number=1, said="x", outcome="exact"),
        TurnVerdict(number=2, said="y", outcome="changed", differences=(one,) * 8, note="nearest is exchange 1"),
        TurnVerdict(number=3, said="z", outcome="missing"),
    )
    told = lines.replayed(msgspec.structs.replace(RUN, replayed=turns))
    assert "turn 1 ✓ exact" in told
    assert "nearest is exchange 1" in told
    assert told.count('- "a"') == 6
    assert "and 2 more differences" in told
    assert "1 later turn may be its consequence" in told
    assert told.splitlines()[-1] == "  ✗ 2 of 3 turns differ"


def test_what_follows_from_a_changed_request_is_named_and_not_shown() -> None:
    """The request's difference is the news; that the reply then differs too is one line."""
    sent, seen = Difference(pointer="/model", left="a", right="b"), Difference(pointer="(reply)", left="x", right=None)
    turn = TurnVerdict(number=1, said="x", outcome="changed", differences=(sent, seen))
    told = lines.replayed(msgspec.structs.replace(RUN, replayed=(turn,)))
    assert "what follows from it: another reply" in told
    assert '"x"' not in told
    alone = msgspec.structs.replace(turn, differences=(seen,))
    assert '- "x"' in lines.replayed(msgspec.structs.replace(RUN, replayed=(alone,)))


def test_long_values_are_shown_from_where_they_part() -> None:
    """What two long texts have in common is left out, but for a little before the place."""
    one = Difference(pointer="/messages/1/content", left="x" * 500 + " is red.", right="x" * 500 + " is blue.")
    turn = TurnVerdict(number=1, said="x", outcome="changed", differences=(one,))
    told = lines.replayed(msgspec.structs.replace(RUN, replayed=(turn,)))
    assert "x" * 40 not in told
    assert 'x is red."' in told
    assert 'x is blue."' in told


def test_hostile_text_stays_on_its_line() -> None:
    """Control characters and newlines of recorded text cannot move the cursor or forge a line."""
    turn = TurnVerdict(number=1, said="a\n  ✓ exact\x1b[2J", outcome="exact")
    told = lines.replayed(msgspec.structs.replace(RUN, replayed=(turn,)))
    assert "\x1b" not in told
    assert len(told.splitlines()) == 3


def test_a_message_of_a_smoke_is_one_line() -> None:
    """What was said, what came, how long it took."""
    assert lines.spoken(1, "hi", "hello", None, 0.5).split() == ["turn", "1", "✓", "hi", "→", "hello", "0.50", "s"]
    assert "✗" in lines.spoken(2, "hi", None, "refused", 0.5)


def test_a_refusal_that_no_rule_explains_is_told_to_its_end() -> None:
    """Its summary quotes the server: the beginning, and the reason at the end, are in the lines of lint."""
    words = "Unable to generate parser. " + "{{ x }} " * 90 + "Error: Jinja Exception: the moon is in the wrong house"
    answer = {"error": {"message": words}}
    _, findings = judge_bare(BareExchange(request={"model": "m", "messages": []}, status=400, response=answer))
    told = lines.judged([("f", "unknown", findings, ())])
    assert "NX001" in told
    rows = [row for row in told.splitlines() if "Unable to generate parser." in row]
    assert len(rows) == 2
    assert all("the moon is in the wrong house" in row for row in rows)
