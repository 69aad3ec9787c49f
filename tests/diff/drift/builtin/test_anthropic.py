"""The published shape of anthropic, against what our own codec writes, and what a real server answered."""

from drifting import against, exchange, recorded, response, told

from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Sends
from nexdiag.core.message import Message

ROUTE = "http://h/v1" + DIALECTS["anthropic"].route


def test_what_our_executor_sends_is_of_the_shape() -> None:
    """A request of ours differs from it in nothing."""
    said = (Message(role="system", content="Be kind"), Message(role="user", content="Hello"))
    body = DIALECTS["anthropic"].encode_request(said, model="m", max_tokens=9, tools=(), sends=Sends())
    assert against(recorded(exchange(0, body, response(b"", 204), url=ROUTE))) == []


def test_an_empty_answer_lacks_what_is_required() -> None:
    """Every field that has to be there is missed, as an error."""
    found = told(against(recorded(exchange(0, b"", response({}), url=ROUTE))))
    assert ("error", "removed", "/id") in found
    assert {(weight, kind) for weight, kind, _ in found} == {("error", "removed")}
