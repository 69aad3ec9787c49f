"""Promises of `nexdiag.capture.redaction.alike`: it is fast, and never sure of what the slow way would find."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.capture.redaction.alike import holds_nothing
from nexdiag.capture.redaction.secrets import Secrets
from nexdiag.capture.redaction.streamed import edits

KEY = "tr0ub4dor/and-3"
SECRETS = Secrets([KEY])
TOKEN = "sk-" + "abcdefghij0123456789XYZ"


def stream(words: list[str], *, first: str = "") -> bytes:
    """The events of a chat's answer."""
    events = [{"choices": [{"index": 0, "delta": {"role": "assistant", "content": first}}]}]
    events += [{"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": word}}]} for word in words]
    text = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    return f"{text}data: [DONE]\n\n".encode()


def test_an_answer_without_secrets_is_not_read_event_by_event() -> None:
    """Also one with quotation marks, line ends and characters of all sorts in it."""
    words = ["The", " key", ' is "named"', "\n", " é", " 👋", "\\", " and nothing more."]
    assert holds_nothing(stream(words * 20), SECRETS)


@pytest.mark.parametrize("secret", [KEY, TOKEN])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_secret_in_pieces_is_never_passed(secret: str, size: int) -> None:
    """Said in the alike events alone, or begun in the first one, which is not alike."""
    words = [secret[at : at + size] for at in range(0, len(secret), size)]
    assert not holds_nothing(stream(["so", " it", " is", " ", *words, " or", " so"]), SECRETS)
    assert not holds_nothing(stream([*words[1:], " or", " so"], first=words[0]), SECRETS)


@pytest.mark.parametrize("secret", ["", KEY, TOKEN])
def test_events_that_also_count_are_alike_too(secret: str) -> None:
    """Those of Responses have a number beside their word."""
    words = [*["so", " it", " is "] * 9, *(secret[at : at + 3] for at in range(0, len(secret), 3)), " or", " so"]
    form = '{"type":"response.output_text.delta","sequence_number":%d,"item_id":"msg_1","delta":%s}'
    text = "".join(f"data: {form % (number, json.dumps(word))}\n\n" for number, word in enumerate(words))
    assert holds_nothing(text.encode(), SECRETS) == (not secret)


def test_what_is_not_alike_is_not_its_affair() -> None:
    """No events, no frame, events of many kinds."""
    for text in (b"", b"data: [DONE]\n\n", b"x\n\ny\n\nz\n\n", b'{"a":"b"}\n{"a":"c"}\n'):
        assert not holds_nothing(text, SECRETS)
    mixed = b"".join(b'data: {"%d":"%s"}\n\n' % (n, b"x" * n) for n in range(40))
    assert not holds_nothing(mixed, SECRETS)


words = st.lists(
    st.sampled_from(["tr0ub4", "dor/", "and-3", "/an", "d-3", "sk-", TOKEN[3:], "x", '"', "\\", "\n", "é"])
)


@given(words, st.sampled_from(["", "tr0ub4", "sk-", "x"]))
def test_what_the_slow_way_finds_is_never_passed(said: list[str], first: str) -> None:
    """For any words in any order."""
    text = stream(said, first=first)
    if holds_nothing(text, SECRETS):
        assert not edits(text, SECRETS)
        assert not edits(text, SECRETS, apart=True)
