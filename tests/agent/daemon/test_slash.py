"""Promises of nexdiag.agent.daemon.slash: a command has an answer, and what is none goes to the model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.daemon.slash import COMMANDS, Standing, command_of, reply_to
from nexdiag.core.message import Usage

CHAT = Standing(number=3, executor="nex", model="m", turns=2, waiting=1, usage=Usage(input_tokens=10, output_tokens=4))


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/help", "help"),
        (" /help \n", "help"),
        ("/?", "help"),
        ("/exit", "quit"),
        ("/compact now please", "compact"),
        ("/foo", ""),
        ("/usr/bin/python is what?", None),
        ("/foo bar", None),
        ("/", None),
        ("hi /help", None),
        ("", None),
    ],
)
def test_a_command_is_told_from_words_for_the_model(text: str, command: str | None) -> None:
    """A word behind a slash is one, or a mistyped one; a path or a sentence is not."""
    assert command_of(text) == command


@pytest.mark.parametrize("command", [*COMMANDS, ""])
def test_every_command_has_an_answer(command: str) -> None:
    """Never silence, and never more than the chat knows (reference fault L24)."""
    assert reply_to(command, f"/{command}", CHAT).strip()


def test_the_answers_say_how_the_chat_stands() -> None:
    """Executor, model, turns, what waits; tokens, and how full the window is where that is known."""
    assert reply_to("status", "/status", CHAT) == (
        "chat 3: executor nex, model m, 2 turns, 1 waiting; the context in use is not known yet"
    )
    full = Standing(number=0, used=50, window=200, usage=Usage(input_tokens=10, cached_tokens=3, output_tokens=4))
    wanted = "10 tokens in (3 cached), 4 out; 50 of 200 tokens of context in use (25 %)"
    assert reply_to("tokens", "/tokens", full) == wanted
    assert "no such command: /foo" in reply_to("", "/foo", CHAT)


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    """Each is a command or for the model."""
    assert command_of(text) in {*COMMANDS, "", None}
