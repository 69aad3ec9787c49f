"""Promises of nexdiag.codec.think: thinking is told apart from what is said, and never swallows it."""

from itertools import pairwise

import pytest
import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.think import Filter, split

TAGGED = st.lists(
    st.sampled_from(
        ["<think>", "</think>", "<thinking>", "</thinking>", "[THINK]", "[/THINK]", "◁think▷", "◁/think▷", "<thi", "<",
         "`", "```", "\n", " ", "z", "z<", "<tool_call>", "<|channel|>analysis<|message|>", "<|end|>",
         "<|start|>assistant", "<|channel|>final<|message|>"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


def fed(*pieces: str) -> tuple[Filter, list[tuple[str, str]]]:
    whole = Filter()
    told = [piece for text in pieces for piece in whole.feed(text)]
    return whole, told + whole.close()


def joined(told: list[tuple[str, str]]) -> tuple[str, str]:
    return tuple("".join(text for kind, text in told if kind == wanted) for wanted in ("text", "reasoning"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "said", "thought"),
    [
        ("plain", "plain", ""),
        ("", "", ""),
        ("  \n plain ", "  \n plain ", ""),
        ("  \n", "  \n", ""),
        ("<think>\nhm\n</think>\n\nSo.", "So.", "hm"),
        ("\n<thinking>hm</thinking>So.", "So.", "hm"),
        ("[THINK]hm[/THINK]So.", "So.", "hm"),
        ("<seed:think>hm</seed:think>So.", "So.", "hm"),
        ("◁think▷hm◁/think▷So.", "So.", "hm"),
        ("<think>hm</thinking>So.", "So.", "hm"),
        ("<think></think>So.", "So.", ""),
        ("<think>a</think>\n<think>b</think>\nSo.", "So.", "ab"),
        ("First.\n<think>hm</think>\nThen.", "First.\n\nThen.", "hm"),
        ("<think>```\nopen fence</think>So.", "So.", "```\nopen fence"),
        ("<think>a <think> b</think>So.", "So.", "a <think> b"),
        ("<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>So.", "So.", "hm"),
        ("<|channel|>final<|message|>So.", "So.", ""),
    ],
)  # fmt: skip
def test_each_tag(text: str, said: str, thought: str) -> None:
    """Thinking is taken out with its tags and the white space behind it; a text without any stays to the letter."""
    assert split(text) == (said, thought)


@pytest.mark.parametrize(
    "text",
    [
        "The tag <think> opens it.",
        "`<think>` opens it",
        "```\n<think>\n```\nshown",
        "Write `</think>`\nat the end",
        "close it with </think> and go on",
        "close it with </think>",
        "<thin",
        "<b>bold</b>",
        "a < b [c] <",
        "<tool_call><function=write_file><parameter=content>\n<think>\n</think>\nx</parameter></function></tool_call>",
    ],
)
def test_a_tag_that_is_talked_about_is_text(text: str) -> None:
    """In code, in the middle of a line, and in a call that is written as text, a tag is a word like others."""
    assert split(text) == (text, "")


@pytest.mark.parametrize("text", ["<think>all of it", "<think>\nall of it</thin", "First.\n<think>all of it"])
def test_an_unclosed_tag_hides_nothing(text: str) -> None:
    """Thinking without an end is given as reasoning, and marked, so that the caller can show it.

    (reference fault L17)
    """
    whole, told = fed(text)
    assert whole.unclosed
    assert "all of it" in whole.reasoning
    assert "all of it" in joined(told)[1]


@pytest.mark.parametrize(
    ("text", "said", "thought"),
    [
        ("I add them.\n</think>\n\nIt is 4.", "It is 4.", "I add them."),
        ("I add them.</think>\nIt is 4.", "It is 4.", "I add them."),
        ("</think>It is 4.", "It is 4.", ""),
        ("I add them.\n[/THINK]It is 4.", "It is 4.", "I add them."),
    ],
)
def test_a_closing_tag_that_a_template_opened(text: str, said: str, thought: str) -> None:
    """What stands before it was thinking, and the filter says that it told it as text."""
    whole, _ = fed(text)
    assert (whole.text, whole.reasoning, whole.orphan) == (said, thought, True)


@pytest.mark.parametrize("text", ["It is 4.\n</think>", "It is 4.\n</think>\n\n"])
def test_a_stray_closing_tag_takes_no_answer_with_it(text: str) -> None:
    """With nothing behind it, only the tag goes: an answer is not made thinking."""
    assert split(text) == ("It is 4.\n", "")


@given(TAGGED, st.lists(st.integers(0, 100), max_size=6))
def test_where_it_is_cut_changes_nothing(text: str, cuts: list[int]) -> None:
    """However a text comes, its division is the same; and what is told is what is kept, but for an orphan's text."""
    parts, told = fed(*(text[start:end] for start, end in pairwise([0, *sorted(cuts), len(text)])))
    whole, _ = fed(text)
    assert (parts.text, parts.reasoning, parts.orphan, parts.unclosed) == (
        whole.text, whole.reasoning, whole.orphan, whole.unclosed,
    )  # fmt: skip
    said, thought = joined(told)
    assert said.endswith(parts.text)
    assert parts.orphan or (said, thought.strip()) == (parts.text, parts.reasoning)


@given(TAGGED)
def test_letters_are_never_lost(text: str) -> None:
    """Whatever the tags do, what is no tag and no white space is text or reasoning."""
    assert "".join(split(text)).count("z") == text.count("z")


@given(our.texts, our.some_text.map(str.strip))
def test_what_a_model_writes_comes_apart(text: str, reasoning: str) -> None:
    """Thinking between tags, and the answer behind it; without thinking the answer alone."""
    written = f"<think>\n{reasoning}\n</think>\n\n{text}" if reasoning else text
    assert split(written) == (text.lstrip() if reasoning else text, reasoning)


@pytest.mark.parametrize(
    "unit", ["<", "[", " ", "<think>", "<think></think>", "x</think> y ", "`", "\n<think>a</think>b", "</"]
)
def test_hostile_texts_come_to_an_end(unit: str) -> None:
    """A long text of nothing but signs, in one piece or in many, gives the same division, and no more than it held."""
    text = unit * (70_000 // len(unit))
    assert sum(map(len, split(text))) <= len(text)
    whole, told = fed(*(text[at : at + 7] for at in range(0, len(text), 7)))
    assert sum(len(piece) for _, piece in told) <= len(text)
    assert (whole.text, whole.reasoning) == split(text)
