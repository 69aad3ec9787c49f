"""Promises of `nexdiag.runner.diffing.compare`."""

import json
from pathlib import Path

import msgspec
import pytest
from compared import bodies, recording, told

from nexdiag.codec import cassette as codec
from nexdiag.core.comparison import Comparison
from nexdiag.core.errors import UsageError
from nexdiag.runner.diffing.compare import DEFAULT, FINDINGS, How, compare_paths, fails, fails_on
from nexdiag.runner.linting.choice import Choice

CASSETTES = Path(__file__).parents[3] / "cassettes"
PASSES = CASSETTES / "llama.cpp/five-back-to-back.cassette.jsonl"
PUSHED = CASSETTES / "llama.cpp/incident-pushed-warning.cassette.jsonl"


def compared(left: Path, right: Path, how: How | None = None) -> Comparison:
    """Two files."""
    (found,) = compare_paths(left, right, how or How(), Choice())
    return found


@pytest.mark.parametrize(
    ("failing", "pointer", "rule"),
    [
        (PUSHED, "/messages/4", "role-alternation"),
        (CASSETTES / "stub-of-sglang/incident-no-v1.cassette.jsonl", "(path)", "base-url-missing-v1"),
        (CASSETTES / "stub-of-sglang/incident-model-prefix.cassette.jsonl", "/model", "model-name-prefix"),
    ],
    ids=["pushed", "no-v1", "prefix"],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_what_explains_the_failure_of_each_incident(failing: Path, pointer: str, rule: str, swapped: bool) -> None:
    """Beside the run that passed: the very difference, the rule, and that it is certain; whichever side failed."""
    found = compared(failing, PASSES) if swapped else compared(PASSES, failing)
    why = found.explanation
    assert why is not None
    assert (why.failing, why.certain) == ("left" if swapped else "right", True)
    assert why.cause == found.first
    row = found.rows[why.cause]
    assert [row.differences[at].pointer for at in why.differences] == [pointer]
    assert why.finding is not None
    assert why.finding.rule == rule
    assert [one.rule for one in (found.findings.gone if swapped else found.findings.new)] == [rule]


def test_a_server_that_refuses_what_the_other_takes_is_told_as_that() -> None:
    """The field was sent to both."""
    why = compared(PASSES, CASSETTES / "stub-of-azure/incident-stream-options.cassette.jsonl").explanation
    assert why is not None
    assert not why.certain
    assert "both sent it" in why.sentence


def test_a_date_of_today_is_set_aside_by_the_rules_of_matching(tmp_path: Path) -> None:
    """Each request has the day it was sent on; `-date` makes it count; a rule of the user's own sets more aside."""
    files = []
    for day in (1, 2):
        asked = bodies(2)
        for body in asked:
            body["messages"][0]["content"] = f"Be careful. Today is 1970-01-0{day}."
            body["messages"][1]["content"] = f"Run {day}{day}."
        one = recording(asked, live=day)
        sent = [msgspec.structs.replace(two, started=two.started + 86400 * day - 86400) for two in one.exchanges]
        files.append(tmp_path / f"{day}.cassette.jsonl")
        files[-1].write_bytes(codec.encode(msgspec.structs.replace(one, exchanges=tuple(sent))))
    plain = compared(*files)
    own = compared(*files, How(ignored=("/messages/*/content=Run [0-9]+",)))
    dated = compared(*files, How(ignored=("-date",)))
    assert told(plain) == [("messages", "changed", "/messages/1/content")]
    assert {one.rule: one.count for one in plain.aside}["date"] == 1
    assert told(own) == []
    assert told(dated)[0] == ("messages", "changed", "/messages/0/content")
    with pytest.raises(UsageError, match="--ignore knows no 'nonsense'"):
        compared(*files, How(ignored=("nonsense",)))


def test_a_bare_request_is_compared_with_what_comes_nearest_to_it(tmp_path: Path) -> None:
    """The others are told as not compared."""
    file, bare = tmp_path / "a.cassette.jsonl", tmp_path / "request.json"
    file.write_bytes(codec.encode(recording(bodies(4))))
    bare.write_text(json.dumps(bodies(3)[2] | {"temperature": 1}))
    found = compared(file, bare)
    assert told(found) == [("parameters", "changed", "/temperature")]
    assert found.rows[0].left is not None
    assert found.rows[0].left.exchange == 2
    assert any(line.startswith("3 other exchanges") for line in found.unchecked)
    assert (found.left.kind, found.right.kind) == ("recording", "request")


def test_what_fails_is_chosen() -> None:
    """By aspect, by new findings, or by nothing; quiet differences never do."""
    found, back = compared(PASSES, PUSHED), compared(PUSHED, PASSES)
    assert fails_on(()) == DEFAULT
    assert [fails(found, How(fails=fails_on([text]))) for text in ("messages,log", "tools", "findings", "none")] == [
        True, False, True, False,
    ]  # fmt: skip
    assert not fails(back, How(fails=frozenset({FINDINGS})))
    for wrong in (["mesages"], ["none", "tools"]):
        with pytest.raises(UsageError):
            fails_on(wrong)


def test_two_directories_give_a_comparison_for_each_name(tmp_path: Path) -> None:
    """What one lacks is told with the first; stdin cannot be both."""
    for folder, names in (("a", "xy"), ("b", "xyz")):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / f"{name}.cassette.jsonl").write_bytes(codec.encode(recording(bodies(1))))
    found = list(compare_paths(tmp_path / "a", tmp_path / "b", How(), Choice()))
    assert [Path(one.right.name).name for one in found] == ["x.cassette.jsonl", "y.cassette.jsonl"]
    assert [sum("only the right" in line for line in one.unchecked) for one in found] == [1, 0]
    with pytest.raises(UsageError, match="stdin"):
        compared(Path("-"), Path("-"))
