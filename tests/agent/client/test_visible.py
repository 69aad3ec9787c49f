"""Promises of client.visible: thinking and calls within a text come to their places, and nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.client import visible
from nexdiag.codec.chat import Delta
from nexdiag.core.message import Message, Reply, ToolCall

CALL = '<tool_call>\n{"name": "bash", "arguments": {"command": "ls"}}\n</tool_call>'
RAN = ToolCall(id="", name="bash", arguments='{"command": "ls"}')


def reply(text: str | None, *, reason: str = "stop", **message: object) -> Reply:
    said = Message(role="assistant", content=text, **message)  # type: ignore[arg-type]
    return Reply(message=said, finish_reason=reason)


def shown(*pieces: str | Delta, tools: tuple[str, ...] = ("bash",), reason: str = "stop") -> tuple[list[Delta], Reply]:
    """What is told of a text in these pieces, and what it comes to."""
    view = visible.Visible(tools)
    deltas = [Delta(kind="text", text=piece) if isinstance(piece, str) else piece for piece in pieces]
    told = [out for delta in deltas for out in view.feed(delta)]
    text = "".join(delta.text for delta in deltas if delta.kind == "text")
    thought = "".join(delta.text for delta in deltas if delta.kind == "reasoning") or None
    whole, _ = visible.settled(reply(text, reason=reason, reasoning=thought), tools)
    return [*told, *view.close(whole)], whole


def said(told: list[Delta], kind: str = "text") -> str:
    return "".join(delta.text for delta in told if delta.kind == kind)


def test_a_plain_text_is_told_as_it_comes() -> None:
    """Piece by piece, and stays the very text."""
    told, whole = shown("Hello", " wo", "rld\n")
    assert [delta.text for delta in told][:2] == ["Hello", " wo"]
    assert said(told) == whole.message.text == "Hello world\n"


@given(st.lists(st.text(alphabet="a <>/think{}\n`", max_size=9), max_size=8))
def test_what_was_told_is_what_was_said(pieces: list[str]) -> None:
    """However a text is cut: the text that users saw is the answer's, unless a tag without its opening came."""
    told, whole = shown(*pieces)
    if "</think" not in "".join(pieces):
        assert said(told) == whole.message.text
    assert whole.message.text or whole.message.reasoning or not "".join(pieces).replace("think", "").strip("<> \n/")


def test_tagged_thinking_is_told_as_reasoning() -> None:
    """However it is cut, and whatever tools there are (reference fault L17)."""
    told, whole = shown("<th", "ink>let me", " see</thi", "nk>\n\nYes.")
    assert (said(told), said(told, "reasoning")) == ("Yes.", "let me see")
    assert (whole.message.text, whole.message.reasoning) == ("Yes.", "let me see")


def test_a_field_wins_over_a_tag() -> None:
    """A server that sends its thinking in a field and leaves it in the text: it is told once."""
    told, whole = shown(Delta(kind="reasoning", text="hm"), "<think>hm</think>Yes.")
    assert (said(told), said(told, "reasoning")) == ("Yes.", "hm")
    assert (whole.message.text, whole.message.reasoning) == ("Yes.", "hm")


def test_thinking_without_an_end_does_not_hide_the_answer() -> None:
    """Nothing else came: so it is the answer, and that is told; unless it was cut (reference fault L17)."""
    whole, repairs = visible.settled(reply("<think>the answer is 4"), ())
    assert (whole.message.text, whole.message.reasoning, repairs) == ("the answer is 4", None, (visible.UNCLOSED,))
    told, _ = shown("<think>the answer is 4")
    assert said(told) == "the answer is 4"
    cut, repairs = visible.settled(reply("<think>hm, hm", reason="length"), ())
    assert (cut.message.text, cut.message.reasoning, repairs) == ("", "hm, hm", ())


@given(st.integers(1, len(CALL) + 20))
def test_a_call_in_the_text_is_a_call_and_not_shown(size: int) -> None:
    """However it is cut: the user sees no markup, the call is told, and the turn goes on (reference fault 13)."""
    text = "I will look.\n" + CALL
    told, whole = shown(*(text[at : at + size] for at in range(0, len(text), size)))
    assert whole.message.tool_calls == (RAN,)
    assert whole.finish_reason == "tool_calls"
    assert said(told).rstrip() == whole.message.text.rstrip() == "I will look."
    assert [(delta.name, delta.text) for delta in told if delta.kind == "tool"] == [("bash", RAN.arguments)]


def test_a_recovered_call_is_told() -> None:
    """In a sentence for the user, with its name; several are counted."""
    assert visible.settled(reply(CALL), ["bash"])[1] == ("the model wrote a tool call as text (bash); recovered",)
    _, repairs = visible.settled(reply(CALL * 5), ["bash"])
    assert repairs == ("the model wrote 5 tool calls as text (bash, bash, bash…); recovered",)


def test_a_call_cut_at_the_token_limit_keeps_that_reason() -> None:
    """What the loop knows of a cut answer it must know of this one."""
    assert visible.settled(reply(CALL, reason="length"), ["bash"])[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("text", "tools", "calls"),
    [
        (CALL, (), ()),
        (CALL, ("read_file",), ()),
        (CALL, ("bash",), (ToolCall(id="a", name="bash", arguments="{}"),)),
        (f"For example:\n```\n{CALL}\n```\n", ("bash",), ()),
    ],
)
def test_what_is_no_call_of_ours_is_text(text: str, tools: tuple[str, ...], calls: tuple[ToolCall, ...]) -> None:
    """Unknown tools, no tools, structured calls beside it, code: the text stays to the letter."""
    given_ = reply(text, tool_calls=calls)
    assert visible.settled(given_, tools) == (given_, ())


QUOTED = (
    f"I must never write {CALL} because it is dangerous.",
    f'The web page says: "{CALL}"',
    f"The web page says:\n> {CALL}",
    f"| call | what |\n|---|---|\n| {CALL} | runs |",
    f"<!-- {CALL} -->",
    f"<!--\n{CALL}\n-->",
    f"As in:\n\n    {CALL}",
    f"As ``{CALL}`` or so",
    f"For example:\n{CALL}\n\nThat is how to call.",
)


@pytest.mark.parametrize("text", QUOTED)
def test_a_quoted_call_is_never_run(text: str) -> None:
    """In prose, quotes, tables, comments, code: it is said, and shown as it was said."""
    assert visible.settled(reply(text), ["bash"]) == (reply(text), ())
    told, _ = shown(*text)
    assert (said(told), [delta for delta in told if delta.kind == "tool"]) == (text, [])


@pytest.mark.parametrize("before", ["", "Hello.\n"])
@pytest.mark.parametrize("call", [CALL, f"perhaps {CALL} no", f"perhaps\n{CALL}", '{"name": "bash", "arguments": {}}'])
def test_what_was_only_thought_of_is_never_run(before: str, call: str) -> None:
    """Calls in thinking that has no end stay there, also where it is all there is of an answer."""
    whole, repairs = visible.settled(reply(f"{before}<think>{call}"), ["bash"])
    assert whole.message.tool_calls == ()
    assert (whole.message.text.strip(), whole.message.reasoning, repairs) == (
        (before.strip(), call, ()) if before else (call, None, (visible.UNCLOSED,))
    )
    told, _ = shown(before, "<think>", *call)
    assert [delta for delta in told if delta.kind == "tool"] == []


@pytest.mark.parametrize(
    "text",
    [
        f"Of <tool_call> I think.\n<think>\n{CALL}",
        f"Well <think>perhaps\n{CALL}",
        f"perhaps\n{CALL}\n</think>",
        "perhaps\n[TOOL_CALLS]bash[ARGS]{}\n</think>\n",
        "perhaps\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>bash<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>\n</think>",
        '{"name": "bash", "arguments": {}}\n</think>',
    ],
)
def test_thinking_by_its_tags_alone_is_never_run(text: str) -> None:
    """Where a tag stayed in the text, or closes what a template opened: the call was thought of."""
    assert visible.settled(reply(text), ["bash"])[0].message.tool_calls == ()


def test_a_call_behind_thinking_is_a_call() -> None:
    """What follows an end of thinking is the answer, and a tag that is only spoken of opens nothing."""
    for text in (f"<think>hm</think>\n{CALL}", f"hm\n</think>\n{CALL}", f"I use `<think>` tags.\n{CALL}"):
        assert visible.settled(reply(text), ["bash"])[0].message.tool_calls == (RAN,)


def test_held_text_is_told_in_the_end() -> None:
    """What looked like a call and was none, and what came before a structured call."""
    told, _ = shown("See <tool_call", "> and so on")
    assert said(told) == "See <tool_call> and so on"
    told, _ = shown("<tool_call>", Delta(kind="tool", text="{}", index=0, name="bash"))
    assert said(told) == "<tool_call>"


def test_a_broken_answer_shows_all_that_came() -> None:
    """Without a reply that is whole nothing is recovered; what was held is told."""
    view = visible.Visible(["bash"])
    told = [*view.feed(Delta(kind="text", text="a <tool_call>{")), *view.close()]
    assert said(told) == "a <tool_call>{"


def test_content_in_parts_is_left_alone() -> None:
    """Only a text is divided."""
    parts = Reply(message=Message(role="assistant", content=[{"type": "text", "text": CALL}]))
    assert visible.settled(parts, ["bash"]) == (parts, ())
