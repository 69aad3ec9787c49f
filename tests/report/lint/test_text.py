"""Reports as plain lines."""

import msgspec

from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.core.judged import Judged
from nexdiag.core.run import Run
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.report import smoke
from nexdiag.report.lint import text

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
    told = text.whole(
        [Judged(file="a.cassette.jsonl", profile="vllm", findings=(FINDING,), unchecked=("turns: none",))]
    )
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
    told = text.whole(
        [Judged(file="a", profile="vllm", findings=(FINDING,)), Judged(file="b", profile="vllm", findings=())]
    )
    assert told.splitlines()[-1] == "2 files, 1 finding"


def test_a_fault_in_the_address_names_the_url_as_its_field() -> None:
    """A finding that no pointer reaches still says where: the URL."""
    there = Location(turn=1, exchange=0)
    finding = msgspec.structs.replace(FINDING, location=there, facts={"url": "http://h/chat/completions"})
    assert text.diagnosis(finding).splitlines()[0].endswith("turn 1, exchange 0, the URL")


def test_the_server_is_quoted_line_by_line() -> None:
    """A template's error spans lines, and its caret must stand under the right word."""
    assert "the server  Conversation roles must alternate\n                and so on" in text.diagnosis(FINDING)


def test_a_message_of_a_smoke_is_one_line() -> None:
    """What was said, what came, how long it took."""
    assert smoke.line(1, "hi", "hello", None, 0.5).split() == ["turn", "1", "✓", "hi", "→", "hello", "0.50", "s"]
    assert "✗" in smoke.line(2, "hi", None, "refused", 0.5)


def test_a_refusal_that_no_rule_explains_is_told_to_its_end() -> None:
    """Its summary quotes the server: the beginning, and the reason at the end, are in the lines of lint."""
    words = "Unable to generate parser. " + "{{ x }} " * 90 + "Error: Jinja Exception: the moon is in the wrong house"
    answer = {"error": {"message": words}}
    _, findings = judge_bare(BareExchange(request={"model": "m", "messages": []}, status=400, response=answer))
    told = text.whole([Judged(file="f", profile="unknown", findings=findings)])
    assert "NX001" in told
    rows = [row for row in told.splitlines() if "Unable to generate parser." in row]
    assert len(rows) == 2
    assert all("the moon is in the wrong house" in row for row in rows)


def test_the_evidence_is_shown_once() -> None:
    """At most three facts, short and visible; not the reason, and not the server's words again."""
    evidence = ('messages[1] user "a\x1b[31m"', "b" * 500, "c", "d", "vLLM says so", 'the server said (400): "no"')
    finding = msgspec.structs.replace(FINDING, evidence=evidence, because="vLLM says so")
    told = text.whole([Judged(file="a", profile="vllm", findings=(finding,))])
    rows = [row for row in told.splitlines() if "· " in row]
    assert [row.strip()[:5] for row in rows] == ["· mes", "· bbb", "· c"]
    assert all(len(row) < 180 for row in rows)
    assert "\x1b" not in told
    assert told.count("vLLM says so") == 1
    assert "the server said" not in told


def test_exchanges_are_counted_as_such() -> None:
    """A file that holds them is no unit."""
    bare = Judged(file="a", profile="vllm", findings=(), id="", bare=True)
    assert text.whole([bare, bare]).splitlines()[-1] == "2 exchanges, 0 findings"
    file = Judged(file="b", profile="vllm", findings=())
    assert text.whole([bare, file]).splitlines()[-1] == "1 file and 1 exchange, 0 findings"
