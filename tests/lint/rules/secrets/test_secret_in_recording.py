"""secret-in-recording: what looks like a secret is found, and never shown."""

import json
from pathlib import Path

import pytest

from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette import decode
from nexdiag.codec.encodings import encoded
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.finding import Finding, Severity
from nexdiag.lint import profiles
from nexdiag.lint.engine import judge, judge_bare
from nexdiag.lint.seen.bare import BareExchange

SECRET = "sk-proj-a1B2c3D4e5F6g7H8i9J0k1L2"
CASSETTES = Path(__file__).parents[4] / "cassettes"
URL = "http://127.0.0.1:1/v1/chat/completions"


def found(*exchanges: Exchange) -> list[Finding]:
    """What the rule finds in a recording; no finding shows the secret."""
    cassette = Cassette(header=Header(), exchanges=exchanges)
    findings = [one for one in judge(cassette, profiles.resolve(None)) if one.rule == "secret-in-recording"]
    assert SECRET[8:] not in repr(findings)
    return findings


def asked(body: object, *, url: str = URL, response: Response | None = None, number: int = 0) -> Exchange:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(method="POST", url=url, headers=(("x-key", "[redacted 5b1c3f0a]"),), body=Splitter().split(raw))
    return Exchange(id=number, started=1.0, request=request, response=response)


def answered(body: bytes, *headers: tuple[str, str]) -> Response:
    return Response(status=200, headers=headers, chunks=(Chunk(at=0.1, bytes=body),))


@pytest.mark.parametrize(
    ("exchange", "where", "pointer"),
    [
        (asked({}, url=f"{URL}?k={SECRET}"), "the URL", None),
        (asked({"messages": [{"role": "user", "content": SECRET}]}), "messages[0]", "/messages/0"),
        (asked({"a/b": {"c": SECRET}}), "the field 'a/b'", "/a~1b"),
        (asked({"input": [{"role": "user", "content": SECRET}]}), "the field 'input'", "/input"),
        (asked({SECRET: 1}), "the field [not shown]", None),
        (asked(f"--x\r\n\r\n{SECRET}\r\n".encode()), "the request body", None),
        (asked({}, response=answered(SECRET.encode())), "the answer", None),
        (
            asked({}, response=answered(encoded(SECRET.encode(), "br") or b"", ("content-encoding", "br"))),
            "the answer",
            None,
        ),
        (asked({}, response=answered(b"", ("x-a", SECRET))), "the response header 'x-a'", None),
    ],
)
def test_each_place_is_looked_at(exchange: Exchange, where: str, pointer: str | None) -> None:
    """It says where, and what it looks like."""
    (finding,) = found(exchange)
    assert (finding.code, finding.severity) == ("NX801", Severity.WARNING)
    assert finding.summary == f"{where} holds what looks like an OpenAI key"
    assert finding.location.pointer == pointer


def test_a_header_of_the_request_is_looked_at() -> None:
    """One that was kept without redaction is what one wants to hear of first."""
    request = Request(method="GET", url=URL, headers=(("authorization", f"Bearer {SECRET}"),), body=Body.of(b""))
    findings = found(Exchange(id=0, started=0.0, request=request))
    assert [finding.summary for finding in findings] == [
        "the request header 'authorization' holds what looks like a bearer token"
    ]


def test_a_message_that_is_sent_again_is_one_finding() -> None:
    """A chat repeats its history."""
    messages = [
        {"role": "user", "content": SECRET},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "b"},
    ]
    splitter = Splitter()
    exchanges = [
        Exchange(
            id=number,
            started=1.0,
            request=Request(
                method="POST", url=URL, body=splitter.split(json.dumps({"messages": messages[:size]}).encode())
            ),
        )
        for number, size in enumerate((1, 3))
    ]
    (finding,) = found(*exchanges)
    assert (finding.location.exchange, finding.location.message_index, finding.repeats) == (0, 0, 1)


def test_a_bare_exchange_is_looked_at() -> None:
    """Request and answer."""
    bare = BareExchange(request={"messages": [], "user": SECRET}, response={"error": SECRET})
    rules = [finding.rule for finding in judge_bare(bare)[1]]
    assert rules.count("secret-in-recording") == 2


def test_placeholders_are_no_secrets() -> None:
    """What was redacted is clean, wherever it stands."""
    assert found(asked({"api_key": "[redacted 5b1c3f0a]"}, url=f"{URL}?key=[redacted 5b1c3f0a]")) == []


@pytest.mark.parametrize("path", sorted(CASSETTES.rglob("*.cassette.jsonl")), ids=lambda path: path.stem)
def test_the_committed_cassettes_are_clean(path: Path) -> None:
    """What everybody replays holds no secret."""
    findings = judge(decode(path.read_bytes()), profiles.resolve(None))
    assert not [finding for finding in findings if finding.rule == "secret-in-recording"]
