"""Promises of `nexdiag.codec.scenario`."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import texts

from nexdiag.codec.scenario import check, decode, encode, of_texts
from nexdiag.core.errors import UsageError
from nexdiag.core.scenario import MOMENTS, Expectation, Say, Scenario

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "scenario.md"


words = texts.filter(lambda text: text.strip())
tools = ("glob", "*_file", "grep")
moments = st.floats(0, 86_400) | st.sampled_from(MOMENTS)
expectations = st.builds(
    Expectation,
    answer=st.booleans(),
    contains=st.lists(texts, max_size=2).map(tuple),
    matches=st.lists(st.sampled_from(["a|b", "\\d+", "(?i)x"]), max_size=2).map(tuple),
    tools=st.sampled_from([(), ("glob",), ("glob", "read_file")]),
    not_tools=st.sampled_from([(), ("bash",), ("w*", "bg")]),
    calls=st.none() | st.integers(1, 2**53),
    together=st.none() | st.integers(1, 9),
    outcome=st.sampled_from([None, "answered"]),
    finish=st.none() | texts,
    compacted=st.booleans(),
    log_errors=st.booleans(),
    within=st.none() | st.floats(0.001, 2**53),
)
says = st.builds(
    Say, text=words, repeat=st.integers(1, 9), kill_daemon=st.booleans() | moments, expect=expectations
) | st.builds(Say, text=words, cancel_after=moments)
scenarios = st.builds(
    Scenario,
    name=texts,
    say=st.lists(says, min_size=1, max_size=3).map(tuple),
    about=texts,
    system=st.none() | texts,
    tools=st.just(tools),
    max_tokens=st.none() | st.integers(1, 10**6),
    window=st.none() | st.integers(1, 10**6),
    repeat=st.integers(1, 9),
    faults=st.sampled_from([(), ("status:429@1,retry-after=1",), ("slow", "cut#1", "stall@1#0")]),
)


@given(scenarios)
@example(Scenario(name="\x7f\x80\0\t\"\\'", say=(Say(text="a\r\nb\x1b[0m", expect=Expectation(within=1e15)),)))
def test_decode_gives_back_what_was_encoded(scenario: Scenario) -> None:
    """The round trip, whatever the texts hold."""
    assert decode(encode(scenario), name="other") == scenario


@given(scenarios)
def test_what_can_be_read_has_no_fault(scenario: Scenario) -> None:
    """A scenario that was made, not read, is judged by the same law."""
    check(scenario)


def test_a_scenario_that_was_made_is_judged_too() -> None:
    """Its fault is told with its key, without a line."""
    with pytest.raises(UsageError, match=r"^made: wanted start, .* \(at `say\[0\]\.cancel_after`\)$"):
        check(Scenario(name="made", say=(Say(text="x", cancel_after="never"),)))
    with pytest.raises(UsageError, match="no such tool: 'globe'") as error:
        check(Scenario(name="made", say=(Say(text="x"),), tools=("globe",)), tools=("glob", "grep"))
    assert error.value.hint == "did you mean 'glob'?"


def test_the_least_scenario_is_one_text() -> None:
    """All else has a default, and the name is the file's."""
    assert decode('[[say]]\ntext = "hi"', name="n") == Scenario(name="n", say=(Say(text="hi"),))


def test_a_byte_order_mark_is_no_fault() -> None:
    """Editors on Windows write one."""
    assert decode('\ufeff[[say]]\ntext = "hi"').say[0].text == "hi"


FAULTS = {
    "name = 1\n[[say]]\ntext = 'x'": (1, "`name`"),
    "[[say]]\ntext = 'x'\n\n[[say]]\n\ntext = 3": (6, "`say[1].text`"),
    "[[say]]\ntext = 'x'\n\n[[say]]\ntext = 'y'\ntxt = 3": (6, "unknown key `txt`"),
    "windo = 3\n[[say]]\ntext = 'x'": (1, "unknown key `windo`"),
    "say = 3": (1, "`say`"),
    "[[say]]\ntext = 'x'\n[[say]]\n": (3, "missing `text`"),
    "[[say]]\ntext = 'x'\n[say.expect]\nanswr = true": (4, "unknown key `answr`"),
    "[[say]]\ntext = 'x'\n[say.expect]\ncontains = [1]": (4, "contains[0]"),
    "[[say]]\ntext = 'x'\n[say.expect]\nwithin = 1979-05-27": (4, "within"),
    "[[say]]\ntext = 'x'\n[say.expect]\nwithin = -1": (4, "above 0"),
    "[[say]]\ntext = 'x'\n[say.expect]\nwithin = nan": (4, "above 0"),
    "[[say]]\ntext = 'x'\n[say.expect]\nwithin = inf": (4, "above 0"),
    "window = 0\n[[say]]\ntext = 'x'": (1, "above 0"),
    "[[say]]\ntext = 'x'\ncancel_after = 'later'": (3, "found 'later'"),
    "[[say]]\ntext = 'x'\nexpect.answer = true\n[[say]]\ntext = 'y'\ncancel_after = 1\nexpect.answer = true": (
        7,
        "no answer",
    ),
    "[[say]]\ntext = 'x'\n[say.expect]\nmatches = ['a',\n '(']": (4, "matches[1]"),
    "[[say]]\ntext = 'x'\nexpect = { answr = true }": (3, "unknown key `answr`"),
    "[[say]]\ntext = 'x'\nexpect.answr = true": (3, "unknown key `answr`"),
    "[[ say ]] # one\ntext = 'x'\n[[say]] # two\ntext = 'x'\nrepeat = 0": (5, "above 0"),
    "tools = ['glob',\n 'glob']\n[[say]]\ntext = 'x'": (1, "stands there twice"),
    "tools = ['nope']\n[[say]]\ntext = 'x'": (1, "no such tool"),
    "[[say]]\n'text' = 'x'\n'kill_daemon' = 'now'": (3, "found 'now'"),
    "[[say]]\ntext = ''": (2, "empty message"),
    f"max_tokens = {'9' * 4000}\n[[say]]\ntext = 'x'": (1, "above 0"),
}


@pytest.mark.parametrize(("text", "told"), FAULTS.items())
def test_a_fault_is_told_with_its_line(text: str, told: tuple[int, str]) -> None:
    """The error names the line and the key, in one line, with a hint."""
    line, words = told
    with pytest.raises(UsageError, match=f"^f, line {line}: .*{re.escape(words)}") as error:
        decode(text, name="f", tools=("glob", "grep"))
    assert error.value.hint
    assert "\n" not in error.value.what


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("windo = 3\n[[say]]\ntext = 'x'", "did you mean `window`?"),
        ("[[say]]\ntext = 'x'\n[say.expect]\nmatch = ['x']", "did you mean `matches`?"),
        ("[[say]]\ntext = 'x'\nwithin = 3", "`within` is a key of an expectation"),
        ("[[say]]\ntext = 'x'\n[say.expect]\nrepeat = 3", "`repeat` is a key of the scenario"),
        ("zzz = 3\n[[say]]\ntext = 'x'", "the keys here are: name, say"),
        ("tools = ['globe']\n[[say]]\ntext = 'x'", "did you mean 'glob'?"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_nearest(text: str, hint: str) -> None:
    """Or with the place where the key belongs."""
    with pytest.raises(UsageError) as error:
        decode(text, tools=("glob", "grep"))
    assert error.value.hint.startswith(hint)


def test_a_key_that_stands_twice_is_told_with_its_line() -> None:
    """TOML has no such table; also where it is the last line of the file."""
    with pytest.raises(UsageError, match="line 3"):
        decode("[[say]]\ntext = 'x'\ntext = 'y'")


@pytest.mark.parametrize(
    "text",
    [
        "x = [",
        "",
        "name = 'n'",
        "say = []",
        "x = " + "[" * 5000,
        "x = " + "9" * 5000,
        "\0",
        "[[say]]\ntext='\ud800'",
    ],
)
def test_what_is_no_scenario_is_a_usage_error(text: str) -> None:
    """No text, however broken, deep or long, raises anything else."""
    with pytest.raises(UsageError):
        decode(text)


@given(texts)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Arbitrary text is a scenario only if it says something."""
    with contextlib.suppress(UsageError):
        assert decode(text).say


def test_texts_alone_expect_answers() -> None:
    """A list of texts is a scenario in which each must be answered."""
    scenario = of_texts("n", ["a", "b"])
    assert [say.text for say in scenario.say] == ["a", "b"]
    assert all(say.expect.answer for say in scenario.say)


def test_the_examples_in_the_docs_are_scenarios() -> None:
    """Each TOML block of the reference decodes, and the first uses every key that there is."""
    blocks = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    full, *rest = [decode(block) for block in blocks]
    assert all(getattr(full, key) is not None and getattr(full, key) != () for key in Scenario.__struct_fields__)
    used = set(re.findall(r"^(\w+) =", blocks[0], re.MULTILINE)) | {"say", "expect"}
    assert {*Scenario.__struct_fields__, *Say.__struct_fields__, *Expectation.__struct_fields__} == used
    assert rest


def test_the_docs_name_every_key_and_default() -> None:
    """The tables of the reference have a row for each key."""
    text = DOCS.read_text(encoding="utf-8")
    for key in (*Scenario.__struct_fields__, *Say.__struct_fields__, *Expectation.__struct_fields__):
        assert f"| `{key}` |" in text
