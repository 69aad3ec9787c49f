"""What came back, as lines."""

import gzip
import json

import pytest
from kept import answered, asked, stream
from msgspec import structs

from nexdiag.codec.body import Splitter
from nexdiag.core.exchange import Exchange, Response
from nexdiag.report.answers import answer
from nexdiag.report.cassette.answered import answer_lines, message_lines

REQUEST = asked([{"role": "user", "content": "x"}], Splitter())


def lines(response: Response | None, failure: str | None = None, *, ids: bool = True) -> list[str]:
    exchange = Exchange(id=0, started=1.0, request=REQUEST, response=response, failure=failure)
    return answer_lines(exchange, answer(exchange), ids=ids)


def test_a_stream_is_shown_assembled() -> None:
    assert lines(answered(*stream("He", "llo"))) == ["= assistant · stop · 12 tokens in, 3 out", "  | Hello"]


def test_a_compressed_answer_is_shown_as_well() -> None:
    whole = answered(gzip.compress(b"".join(stream("Hello"))))
    response = structs.replace(whole, headers=(*whole.headers, ("content-encoding", "gzip")))
    assert "  | Hello" in lines(response)


def test_a_stream_that_broke_off_says_so() -> None:
    assert lines(answered(stream("Hel")[0])) == ["= assistant · broke off", "  | Hel"]
    assert lines(answered(stream("Hel")[0]), "ReadTimeout: slow")[-1] == "! ReadTimeout: slow"


def test_how_it_broke_off_is_told_as_it_was_recorded() -> None:
    """Whether a client that left had it all, the recorder has decided."""
    left = "ClientClosed: the client stopped reading before the end"
    assert lines(answered(*stream("Hello")[:1]), left)[-1] == f"! {left}"
    assert lines(answered(*stream("Hello")), "ReadTimeout: x")[-1] == "! ReadTimeout: x"


def test_a_refusal_that_broke_off_tells_both() -> None:
    assert lines(answered(b'{"error":{"message":"no"}}', status=500), "ReadError: gone") == [
        "! no",
        "! ReadError: gone",
    ]


def test_what_a_codec_keeps_for_itself_is_not_shown() -> None:
    """The items of Responses stand in the message a second time, with ids of the server's making."""
    message = {"role": "assistant", "content": "Hi", "responses": [{"id": "msg_1", "text": "Hi"}], "anthropic": []}
    assert message_lines(json.dumps(message)) == ["assistant", "  | Hi"]
    assert message_lines("no JSON") == ["?", "  | no JSON"]


def test_a_refusal_is_in_the_servers_words() -> None:
    body = json.dumps({"error": {"message": "roles must\nalternate\x1b"}}).encode()
    assert lines(answered(body, status=400)) == ["! roles must alternate\\x1b"]


def test_no_response_is_told_by_its_failure() -> None:
    assert lines(None, "ConnectError: refused") == ["! ConnectError: refused"]


def test_a_body_that_is_no_answer_is_shown_without_what_is_made_anew() -> None:
    """A list of models keeps its names and loses its times."""
    body = b'{"data":[{"id":"m","created":1779278400}],"name":"tiny"}'
    response = answered(body, kind="application/json")
    assert lines(response) == ["= no message", f"  | {body.decode()}"]
    assert "1779278400" not in "".join(lines(response, ids=False))


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"x" * 5000, b"null", b"[" * 3000])
def test_any_body_has_lines(body: bytes) -> None:
    assert lines(answered(body, kind="application/json"))[0].startswith("=")


def test_two_long_bodies_that_differ_at_the_end_are_told_apart() -> None:
    one, other = (lines(answered(b"x" * 3000 + end, kind="text/plain")) for end in (b"a", b"b"))
    assert one != other
