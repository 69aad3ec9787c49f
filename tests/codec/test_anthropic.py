"""The public face of the anthropic codec."""

from nexdiag.codec import anthropic
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Sends
from nexdiag.core.message import Message


def test_what_it_names_is_there() -> None:
    """Everything public is imported from one place."""
    for name in anthropic.__all__:
        assert getattr(anthropic, name) is not None, name


def test_a_request_passes_through_it() -> None:
    """Encode, decode, and the same is there; the table of dialects leads to these functions."""
    dialect = DIALECTS["anthropic"]
    said = (Message(role="user", content="hello"),)
    body = dialect.encode_request(said, model="m", max_tokens=7, tools=(), sends=Sends())
    asked = anthropic.decode_request(body)
    assert (asked.model, asked.max_tokens, asked.messages) == ("m", 7, said)
    assert isinstance(dialect.accumulator(), anthropic.Accumulator)
