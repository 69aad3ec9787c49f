"""Promises of `nexdiag.replay.models`."""

import msgspec
import pytest
from hypothesis import given
from replayed import recorded
from strategies_wire import exchanges

from nexdiag.core.exchange import Exchange, Headers, Request
from nexdiag.replay.models import MADE, made_models

RECORDED = (
    recorded(1, b'{"model": "first", "messages": []}'),
    recorded(2, b'{"model": "org/second"}', path="/v1/responses"),
    recorded(3, b'{"model": "first"}'),
    recorded(4, b'{"model": 7}'),
    recorded(5, b'{"model": ""}'),
    recorded(6, b"no json"),
    recorded(7, b"[" * 9999),
)


def get(path: str, *headers: tuple[str, str], method: str = "GET") -> Request:
    return Request(method=method, url=f"http://127.0.0.1:1{path}", headers=headers)


def body(request: Request, recording: tuple[Exchange, ...] = RECORDED) -> dict[str, object] | None:
    made = made_models(recording)(request)
    if made is None:
        return None
    assert (made.status, made.failure) == (200, None)
    headers: Headers = made.headers
    assert dict(headers)[MADE] == "models"
    whole = b"".join(piece.bytes for piece in made.pieces)
    assert dict(headers)["content-length"] == str(len(whole))
    value: dict[str, object] = msgspec.json.decode(whole)
    return value


@pytest.mark.parametrize(
    "path", ["/v1/models", "/models", "/v1/models/", "/api/v1/models?limit=1000", "/openai/models"]
)
def test_the_list_holds_what_the_requests_name(path: str) -> None:
    """Each once, in the order in which they were asked for, in the shape of OpenAI."""
    assert body(get(path)) == {
        "object": "list",
        "data": [
            {"id": "first", "object": "model", "created": 1, "owned_by": "nexdiag"},
            {"id": "org/second", "object": "model", "created": 2, "owned_by": "nexdiag"},
        ],
    }


def test_a_client_of_anthropic_gets_its_own_shape() -> None:
    """It tells by the field that it always sends."""
    told = body(get("/v1/models", ("anthropic-version", "2023-06-01")))
    assert told is not None
    assert (told["first_id"], told["last_id"], told["has_more"]) == ("first", "org/second", False)
    one = body(get("/v1/models/first", ("anthropic-version", "2023-06-01")))
    assert one == {"type": "model", "id": "first", "display_name": "first", "created_at": "1970-01-01T00:00:01Z"}


def test_one_model_is_told_if_it_was_asked_for() -> None:
    """Also by a name with a slash, however it is written; of any other nothing is known."""
    for path in ("/v1/models/org/second", "/v1/models/org%2Fsecond"):
        told = body(get(path))
        assert told is not None
        assert told["id"] == "org/second"
    assert body(get("/v1/models/third")) is None


@pytest.mark.parametrize(
    "request_",
    [
        get("/v1/models", method="POST"),
        get("/v1/modelsx"),
        get("/v1/chat/completions"),
        get("/props"),
        get("/v1/x?y=/models"),
    ],
)
def test_nothing_else_is_made(request_: Request) -> None:
    """A request that asks for no models is a miss."""
    assert body(request_) is None


def test_what_was_recorded_is_not_made() -> None:
    """Not even for another query: what the server said is known for its own alone."""
    held = recorded(8, b"", path="/v1/models?a=b", method="GET")
    assert body(get("/v1/models"), (*RECORDED, held)) is None
    assert body(get("/v1/models/first"), (*RECORDED, held)) is not None


def test_a_recorded_list_answers_again_and_again() -> None:
    """The newest success, as it was recorded: each client that begins asks for one."""
    failed = recorded(10, b"", path="/v1/models", method="GET", status=500)
    old, new = (recorded(at, b"", (b"list",), path="/v1/models", method="GET") for at in (8, 9))
    make = made_models((*RECORDED, old, new, failed))
    for _ in range(3):
        made = make(get("/v1/models"))
        assert made is not None
        assert (made.exchange, made.status) == (new, 200)
        assert b"".join(piece.bytes for piece in made.pieces) == b"list"
    assert make(get("/v1/models", method="POST")) is None
    assert made_models((*RECORDED, failed))(get("/v1/models")) is None
    broken = recorded(8, b"", path="/v1/models", method="GET", failure="reset: gone")
    assert made_models((*RECORDED, broken))(get("/v1/models")) is None


def test_a_recording_that_names_no_model_makes_no_list() -> None:
    """An empty list would say that there are none."""
    assert body(get("/v1/models"), RECORDED[3:]) is None


@given(exchanges())
def test_any_recording_can_be_read(recording: tuple[Exchange, ...]) -> None:
    """Whatever its bodies and times are, the list can be made or there is none."""
    body(get("/v1/models"), recording)
    body(get("/v1/models", ("anthropic-version", "x")), recording)
