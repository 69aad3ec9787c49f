"""Promises of `nexdiag.runner.replaying.verdict.mended`."""

from pathlib import Path

import msgspec
import pytest
from made import URL, chat, recorded, said, user

from nexdiag.core.exchange import Exchange
from nexdiag.lint import profiles
from nexdiag.runner.load import load
from nexdiag.runner.replaying.verdict.mended import mended

LLAMA = profiles.named("llama.cpp-strict")
CASSETTES = Path(__file__).parents[4] / "cassettes"
REFUSED = msgspec.json.encode(
    {"error": {"code": 400, "message": "Conversation roles must alternate user/assistant/user/assistant/..."}}
)


def refused(*messages: dict[str, object], body: bytes = REFUSED, status: int = 400) -> Exchange:
    """A request that the server refused."""
    return recorded(0, chat(*messages), status=status, body=body)


def incident() -> Exchange:
    """The refusal of the founding incident, from the real server."""
    cassette = load(CASSETTES / "llama.cpp" / "incident-pushed-warning.cassette.jsonl")
    return next(one for one in cassette.exchanges if one.response is not None and one.response.status == 400)


def without_v1() -> Exchange:
    """A request that went to the wrong address."""
    return load(CASSETTES / "stub-of-sglang" / "incident-no-v1.cassette.jsonl").exchanges[0]


def test_a_request_without_its_fault_is_mended() -> None:
    """The recorded one was refused for its roles, and the new one has them right."""
    assert mended(incident(), chat(user("a"), said("b"), user("c")), LLAMA) == ("NX101",)


def test_a_request_that_still_has_the_fault_is_not() -> None:
    """Other words, the same fault."""
    assert mended(incident(), chat(user("a"), user("b")), LLAMA) == ()


def test_a_request_with_another_error_is_not() -> None:
    """One fault for another is no mending."""
    sglang, was = profiles.named("sglang"), without_v1()
    assert mended(was, chat(user("a"), url=URL), sglang) != ()
    assert mended(was, chat(user("a"), url=URL, model="local:m"), sglang) == ()


@pytest.mark.parametrize(
    "exchange",
    [
        recorded(0, chat(user("a"))),
        refused(user("a"), body=b'{"error":{"message":"the moon is in the wrong house"}}'),
        refused(user("a"), body=b"overloaded", status=503),
        refused(user("a"), user("b"), body=b"overloaded", status=503),
        msgspec.structs.replace(recorded(0, chat(user("a"))), response=None, failure="ConnectError: x"),
    ],
    ids=["answered", "unexplained", "overloaded", "overloaded-and-wrong", "unreached"],
)
def test_what_lint_cannot_explain_is_never_mended(exchange: Exchange) -> None:
    """An answer, a refusal for reasons unknown, an overload, a connection that was not had."""
    assert mended(exchange, chat(user("b")), LLAMA) == ()


def test_a_wrong_address_is_mended_by_the_right_one() -> None:
    """What was refused for its path is free of that where it goes elsewhere."""
    assert len(mended(without_v1(), chat(user("a"), url=URL), profiles.named("sglang"))) == 1
