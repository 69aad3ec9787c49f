"""prompt-cache-prefix-broken: what was sent before is changed."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint import profiles
from tests.linting import USER, recording, told

RULE = "prompt-cache-prefix-broken"
UNKNOWN = profiles.resolve(None)


def answer(text: str = "a", finish: str = "stop", model: str = "m", **more: object) -> dict[str, object]:
    return {
        "model": model,
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        **more,
    }


TOOLS = [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in ("f", "g")]
LONG = {"role": "user", "content": "word " * 2000}
SYSTEM = {"role": "system", "content": "It is 14:03."}
REPLY = {"role": "assistant", "content": "a"}


def finds(*requests: dict[str, object], **usage: object) -> list[Finding]:
    return told(RULE, recording(*[(one, 200, answer(usage=usage)) for one in requests]), UNKNOWN)


def chat(*messages: object, **more: object) -> dict[str, object]:
    return {"model": "m", "messages": list(messages), **more}


def test_the_first_message_that_changed_is_named_with_its_price() -> None:
    """Estimated where the server does not tell."""
    (finding,) = finds(chat(SYSTEM, LONG), chat({**SYSTEM, "content": "It is 14:04."}, LONG, REPLY, USER))
    assert (finding.location.exchange, finding.location.message_index) == (1, 0)
    assert (finding.location.pointer, finding.severity) == ("/messages/0", Severity.WARNING)
    assert "~25" in finding.summary
    assert finding.evidence[:2] == (
        'before: messages[0] system "It is 14:03."',
        'now: messages[0] system "It is 14:04."',
    )


def test_the_price_is_the_servers_where_it_tells() -> None:
    """Sent, less what it had in its cache."""
    usage = {"prompt_tokens": 2500, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 500}}
    first, second = chat(USER, LONG, REPLY, USER), chat(USER, {**LONG, "content": "gone"}, REPLY, USER, REPLY, USER)
    (finding,) = finds(first, second, **usage)
    assert "is another one than in exchange 0: 2000 tokens" in finding.summary


def test_tools_in_another_order_break_it_from_the_start() -> None:
    """They stand before the messages."""
    (finding,) = finds(
        chat(LONG, tools=TOOLS),
        chat(LONG, REPLY, USER, tools=TOOLS),
        chat(LONG, REPLY, USER, REPLY, USER, tools=TOOLS[::-1]),
    )
    assert (finding.location.exchange, finding.location.pointer) == (2, "/tools")


def test_a_message_that_is_dropped_from_the_middle_is_told() -> None:
    """What comes in its place is shown."""
    (finding,) = finds(chat(USER, LONG, REPLY, USER), chat(USER, REPLY, USER, REPLY, USER))
    assert finding.location.message_index == 1


def test_a_history_that_was_summed_up_is_a_remark() -> None:
    """It has its price, and is meant."""
    summary = {"role": "user", "content": "[Summary of the conversation] They spoke of words."}
    later = {"role": "assistant", "content": "This is a long enough answer to be known by, word for word, again."}
    (finding,) = finds(chat(LONG, REPLY, LONG, later), chat(summary, later, USER))
    assert finding.severity is Severity.INFO
    assert "summed up" in " ".join(finding.evidence)


def test_a_small_loss_is_a_remark() -> None:
    """Under 1024 tokens; under 64 it is nothing."""

    def moved(size: int) -> list[Finding]:
        note = {"role": "user", "content": "n" * size}
        return finds(chat(USER, REPLY, note), chat(USER, REPLY, USER, REPLY, USER))

    assert [one.severity for one in moved(1000)] == [Severity.INFO]
    assert moved(10) == []


@pytest.mark.parametrize(
    "requests",
    [
        [chat(LONG), chat(LONG, REPLY, USER), chat(LONG, REPLY, USER, REPLY, USER)],
        [chat(LONG, REPLY, LONG), chat(LONG, REPLY, LONG)],
        [chat(LONG, REPLY, LONG, REPLY, USER), chat(LONG, REPLY, LONG)],
        [chat(SYSTEM, LONG), chat({**SYSTEM, "content": "Give it a title."}, LONG)],
        [chat(LONG, tools=TOOLS), chat(LONG)],
        [chat(LONG), chat({**LONG, "content": "other " * 999}, REPLY, USER)],
    ],
)
def test_what_only_grows_and_what_is_another_chat_are_none(requests: list[dict[str, object]]) -> None:
    """The next turn, a retry, going back, a title that is asked for, another first question."""
    assert finds(*requests) == []


def test_a_request_that_was_refused_has_filled_no_cache() -> None:
    """Changing it is mending it."""
    rounds = [(chat(LONG, REPLY, LONG, USER), 400, {}), (chat(LONG, REPLY, USER), 200, answer())]
    assert told(RULE, recording(*rounds), UNKNOWN) == []


def test_what_breaks_it_every_time_is_one_finding() -> None:
    """A clock in the system prompt changes with every request: the later ones are counted."""
    requests, messages = [], [LONG]
    for minute in range(6):
        requests.append(chat({**SYSTEM, "content": f"It is 14:0{minute}."}, *messages))
        messages = [*messages, REPLY, USER]
    (finding,) = finds(*requests)
    assert finding.repeats == 4
