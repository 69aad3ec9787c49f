"""Promises of `nexdiag.capture.redaction.redact`."""

import gzip
import json
import re
import zlib
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote_plus

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import LOOK_ALIKES, NAMED, TOKENS
from strategies import texts
from strategies_wire import bodies_raw, cassettes

from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redaction.redact import KEPT_HEADERS, Redactor
from nexdiag.capture.redaction.secrets import mark
from nexdiag.capture.redaction.spellings import spellings
from nexdiag.capture.writer import Writer
from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette import decode
from nexdiag.codec.encodings import encoded, plain, response_text
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.scenario import Expectation, Say, Scenario
from nexdiag.core.turn import LogLine, ToolRun, Turn

KEY = "sk-test-0123456789abcdef"
MARK = mark(KEY.encode())


def redactor() -> Redactor:
    """One that knows the key."""
    return Redactor([KEY])


def chunks(*pieces: bytes) -> tuple[Chunk, ...]:
    """Pieces with their times."""
    return tuple(Chunk(at=float(number), bytes=piece) for number, piece in enumerate(pieces))


def test_headers_are_kept_by_allowlist() -> None:
    """Names and harmless values stay; any other value is a stable placeholder, and an empty one stays empty."""
    headers = (
        ("authorization", f"Bearer {KEY}"),
        ("content-type", "application/json"),
        ("x-api-key", KEY),
        ("cookie", "a=b"),
        ("cookie", "a=b"),
        ("set-cookie", "c=d"),
        ("x-nobody-knows", "harmless?"),
        ("api-key", ""),
    )
    found = redactor().headers(headers)
    assert [name for name, _ in found] == [name for name, _ in headers]
    values = [value for _, value in found]
    assert values[1] == "application/json"
    assert values[2] == MARK
    assert values[3] == values[4] != values[5]
    assert all(value.startswith("[redacted ") for value in values[:1] + values[2:7])
    assert values[7] == ""


@pytest.mark.parametrize("name", sorted(KEPT_HEADERS))
def test_harmless_headers_are_looked_through_too(name: str) -> None:
    """An allowlisted header with a key in it is no hiding place; without one it is as it was."""
    ((_, with_key), (_, without)) = redactor().headers(((name, f"a {KEY} b"), (name, "a é b")))
    assert with_key == f"a {MARK} b"
    assert without == "a é b"


@pytest.mark.parametrize(
    "url",
    [
        "http://h/v1?key=Bearer AbCdEfGhIjKlMnOpQrStUvWxYz012345",
        "http://h/Bearer%20AbCdEfGhIjKlMnOpQrStUvWxYz012345/v1",
        "http://h/OPENAI_API_KEY%3DAbCdEfGhIjKlMnOpQrStUvWxYz012345/v1",
    ],
)
def test_urls_lose_what_is_a_secret_with_a_blank_or_once_its_escapes_are_read(url: str) -> None:
    """A blank is none of a URL, and stands in those that somebody wrote down."""
    assert "AbCdEfGh" not in Redactor().url(url)


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://host:8000/v1/chat?a=b", "https://host:8000/v1/chat?a=b"),
        ("https://me:pa55@host/v1", "https://host/v1"),
        ("https://me:p@55@host/v1", "https://host/v1"),
        ("https://token@host/v1?u=a@b", "https://host/v1?u=a@b"),
        (f"https://host/{KEY}/v1", f"https://host/{MARK}/v1"),
        ("https://host/v1?key=abc&alt=sse", f"https://host/v1?key={mark(b'abc')}&alt=sse"),
        ("https://host/v1?api-key=abc", f"https://host/v1?api-key={mark(b'abc')}"),
        ("https://host/v1?a=1&access_token=x#f", f"https://host/v1?a=1&access_token={mark(b'x')}#f"),
        ("https://host/v1?max_tokens=5&api-version=2", "https://host/v1?max_tokens=5&api-version=2"),
    ],
)
def test_urls_lose_credentials(url: str, clean: str) -> None:
    """Users, passwords, keys in the path, and parameters that are named for a secret; and no more the second time."""
    assert redactor().url(url) == clean
    assert redactor().url(clean) == clean


@given(bodies_raw)
def test_a_body_without_secrets_is_the_very_bytes(raw: bytes) -> None:
    """What redaction does not change comes back byte for byte, and with the same links."""
    body = Splitter().split(raw)
    knows = redactor()
    clean = knows.body(body)
    assert clean.join() == raw
    assert clean == body


def test_a_secret_in_a_list_leaves_the_rest_shared() -> None:
    """The messages before the secret stay the same links; those after it are made once, however often they come."""
    splitter, knows = Splitter(), redactor()
    entries = [b'{"a":1}', b'{"k":"%s"}' % KEY.encode(), b'{"b":2}', b'{"c":3}']
    before, after, again = (splitter.split(b'{"messages":[%s]}' % b",".join(entries[:size])) for size in (1, 4, 4))
    clean = [knows.body(body).last_link("messages") for body in (before, after, again)]
    assert clean[0] is before.last_link("messages")
    assert clean[1] is clean[2]
    assert clean[1] is not None
    assert [link.raw for link in clean[1].chain()] == [
        entries[0],
        entries[1].replace(KEY.encode(), MARK.encode()),
        *entries[2:],
    ]
    assert clean[1].at(1) is clean[0]


@pytest.mark.parametrize("raw", [b'{"a":123456789}', b'{"messages":[{"a":1},{"b":123456789}]}', b"123456789"])
def test_a_secret_that_is_a_number_leaves_a_body_that_can_be_written(raw: bytes) -> None:
    """Where a placeholder makes the body no JSON, it is kept as plain bytes, every time."""
    knows = Redactor(["123456789"])
    for _ in range(2):
        body = knows.body(Splitter().split(raw))
        assert body.raw == raw.replace(b"123456789", mark(b"123456789").encode())


@given(st.lists(st.integers(0, 40), max_size=6))
def test_a_secret_cut_by_chunks_stands_where_it_began(cuts: list[int]) -> None:
    """However the network cut it; the number of chunks and their times stay."""
    whole = b"x" * 8 + KEY.encode() + b"y" * 8
    places = [0, *sorted(cuts), len(whole)]
    pieces = [whole[a:b] for a, b in pairwise(places)]
    given_chunks = chunks(*pieces)
    clean = redactor().chunks(given_chunks)
    assert b"".join(chunk.bytes for chunk in clean) == b"x" * 8 + MARK.encode() + b"y" * 8
    assert [chunk.at for chunk in clean] == [chunk.at for chunk in given_chunks]
    assert any(MARK.encode() in chunk.bytes for chunk in clean)


def test_a_secret_said_token_by_token_is_cut_out() -> None:
    """The deltas of a stream, put together, do not spell the key."""
    pieces = (b'data: {"content":"sk-te"}\n\n', b'data: {"content":"st-0123456789"}\n\ndata: {"content":"abcdef!"}\n\n')
    clean = redactor().chunks(chunks(*pieces))
    assert [chunk.bytes for chunk in clean] == [
        b'data: {"content":"%s"}\n\n' % MARK.encode(),
        b'data: {"content":""}\n\ndata: {"content":"!"}\n\n',
    ]


def test_a_response_says_its_new_length() -> None:
    """Where a body has changed, so has `content-length`: a server that replays it would break off otherwise."""
    pieces = (b"a " + KEY.encode(), b" b")
    response = Response(status=200, headers=(("content-length", "28"),), chunks=chunks(*pieces), first_byte=0.5)
    clean = redactor().response(response)
    assert clean.body == b"a %s b" % MARK.encode()
    assert clean.header("content-length") == str(len(clean.body))
    assert (clean.status, clean.first_byte) == (200, 0.5)


@pytest.mark.parametrize(("encoding", "squeeze"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_body_is_no_hiding_place(encoding: str, squeeze: object) -> None:
    """With a secret in it, it is kept plain, and says so; without one it is kept byte for byte."""
    assert callable(squeeze)
    for text in (f"a {KEY} b", "a b"):
        raw = squeeze(text.encode())
        response = Response(status=200, headers=(("content-encoding", encoding),), chunks=chunks(raw[:9], raw[9:]))
        clean = redactor().response(response)
        if KEY in text:
            assert clean.body.decode() == text.replace(KEY, MARK)
            assert clean.header("content-encoding") == ""
        else:
            assert clean == response


@pytest.mark.parametrize(
    "raw",
    [b"no gzip", gzip.compress(b"x" * 10)[:-9], gzip.compress(b"\0" * 2**26 + KEY.encode())],
    ids=["no gzip", "cut", "a bomb"],  # by themselves they would be named for the second in which they were made
)
def test_what_does_not_decompress_is_kept(raw: bytes) -> None:
    """Broken, cut off, or a bomb: the bytes are the record."""
    response = Response(status=200, headers=(("content-encoding", "gzip"),), chunks=chunks(raw))
    assert redactor().response(response) == response


def test_a_header_is_clean() -> None:
    """What the head of a recording says of endpoint and scenario holds no secret either."""
    scenario = Scenario(name="n", about=KEY, system=KEY, say=(Say(text=f"my key: {KEY}"),))
    clean = redactor().header(Header(origin=f"http://me:pw@h/v1?key={KEY}", model="m", scenario=scenario))
    assert KEY not in repr(clean)
    assert clean.origin == f"http://h/v1?key={MARK}"
    assert clean.scenario is not None
    assert clean.scenario.say[0].text == f"my key: {MARK}"
    assert redactor().header(Header(model="m")) == Header(model="m")


@given(texts)
def test_text_without_secrets_stays(text: str) -> None:
    """Nothing else changes, whatever the text holds."""
    assert redactor().text(text) == text


def test_half_a_character_is_borne() -> None:
    """Lone surrogates do not raise; the text beside them stays."""
    assert redactor().text(f"a\ud83d{KEY}") == f"a?{MARK}"
    assert redactor().headers((("x", "\ud83d"),))[0][1].startswith("[redacted")


@given(cassettes())
def test_anything_can_be_redacted(cassette: Cassette) -> None:
    """No exchange makes it raise, and what has no secret is as it was, but for headers."""
    knows = redactor()
    for exchange in cassette.exchanges:
        clean = knows.request(exchange.request)
        assert (clean.method, clean.url, clean.body) == (
            exchange.request.method,
            exchange.request.url,
            exchange.request.body,
        )
        if exchange.response is not None:
            assert knows.response(exchange.response).chunks == exchange.response.chunks


def test_a_request_is_clean_in_all_its_parts() -> None:
    """URL, headers and body; also a name in the body."""
    raw = json.dumps({KEY: 1, "messages": [{"content": f"key {KEY}"}], "other": KEY}).encode()
    asked = Request(
        method="POST", url=f"http://h/v1?key={KEY}", headers=(("authorization", KEY),), body=Splitter().split(raw)
    )
    for request in (asked, Request(method="POST", url=asked.url, headers=asked.headers, body=Body.of(raw))):
        clean = redactor().request(request)
        assert KEY not in repr(clean)
        assert clean.body.join() == raw.replace(KEY.encode(), MARK.encode())


# The corpus: each shape and a key in use, in every place of a recording. None of them is on the disk afterwards.

IN_USE = "Zx9+in/use=key_0123"
CARRIED = "carried-q7Xz2Lm9Rt4V"
PLANTS = {**TOKENS, "key in use": IN_USE, "key that a request carries": CARRIED}
CHAT = "http://h/v1/chat/completions"


def events(*values: object) -> bytes:
    """A stream that says these."""
    return b"".join(b"data: %s\n\n" % json.dumps(value).encode() for value in values)


def streams(secret: str) -> list[bytes]:
    """The secret said in pieces, by each wire; two calls at once, piece by piece in turns; in JSON Lines."""
    bits = [secret[place : place + 5] for place in range(0, len(secret), 5)]
    other = [{"index": 1, "function": {"arguments": "x"}}]
    return [
        events(*({"choices": [{"index": 0, "delta": {"content": bit}}]} for bit in bits)),
        events(*({"type": "response.output_text.delta", "output_index": 0, "delta": bit} for bit in bits)),
        events(*({"type": "response.function_call_arguments.delta", "item_id": "fc", "delta": bit} for bit in bits)),
        events(*({"type": "content_block_delta", "index": 1, "delta": {"partial_json": bit}} for bit in bits)),
        events(*({"type": "content_block_delta", "index": 0, "delta": {"thinking": bit}} for bit in bits)),
        events(
            *(
                {"choices": [{"delta": {"tool_calls": calls}}]}
                for bit in bits
                for calls in ([{"index": 0, "function": {"arguments": bit}}], other)
            )
        ),
        b"".join(json.dumps({"response": bit}).encode() + b"\n" for bit in bits),
    ]


def bodies(secret: str) -> list[bytes]:
    """Answers and requests that hold it whole."""
    return [
        json.dumps({"messages": [{"role": "user", "content": f"my key is {secret}."}]}).encode(),
        json.dumps({"input": json.dumps({"arguments": json.dumps({"k": f"a {secret} b"})})}).encode(),
        json.dumps({"k": f"a {secret} b"}, indent=1).encode(),
        f'--b\r\nContent-Disposition: form-data; name="k"\r\n\r\n{secret}\r\n--b--\r\n'.encode(),
        f"a=b&c={quote_plus(secret)}&d=e".encode(),
        f"$ cat .env\nSOME={secret}\n".encode(),
    ]


def record(recorder: Recorder, secret: str) -> None:
    """Plant the secret in every place."""
    carries = (("authorization", f"Bearer {CARRIED}"), ("cookie", "sid=" + quote_plus(secret)), ("user-agent", "x/1"))

    def exchange(body: bytes, pieces: list[bytes], *headers: tuple[str, str], sent: str = "application/json") -> None:
        url = f"{CHAT}?q={quote_plus(secret)}"
        asked = Request(method="POST", url=url, headers=(*carries, ("content-type", sent)), body=Body.of(body))
        passing = recorder.begin(asked)
        passing.head(200, (("x-echo", secret.replace("\n", " ")), *headers))
        for piece in pieces:
            passing.chunk(piece)
        passing.end(f"ReadError: {secret}")

    for body in bodies(secret):
        exchange(body, [body])
        form = "application/x-www-form-urlencoded"
        exchange(body, [body[:20], body[20:]], ("content-type", "application/json"), sent=form)
    for stream in streams(secret):
        exchange(b"{}", [stream], ("content-type", "text/event-stream"))
        for encoding in ("gzip", "br", "zstd", "deflate"):
            raw = encoded(stream, encoding) or b""
            exchange(
                b"{}", [raw[place : place + 50] for place in range(0, len(raw), 50)], ("content-encoding", encoding)
            )
    for encoding in ("gzip", "br", "zstd", "deflate", "gzip, br"):
        raw = encoded(bodies(secret)[0], encoding) or b""
        exchange(b"{}", [raw[:9], raw[9:]], ("content-encoding", encoding))
        coded = Request(method="POST", url=CHAT, headers=(("content-encoding", encoding),), body=Body.of(raw))
        recorder.begin(coded).end()
    turn = Turn(number=1, said=f"said {secret}", reply=f"reply {secret}", error=f"error {secret}", outcome="failed")
    recorder.turn_started(turn)
    recorder.tool_run(ToolRun(call_id="c", name="n", arguments=json.dumps({"k": secret}), output=f"out {secret}\n"))
    recorder.log_line(LogLine(at=1, text=f"log {secret}"))
    recorder.turn_ended(turn)


def texts_of(raw: bytes) -> list[bytes]:
    """The file, and all that one can make of it: bodies whole, unpacked, deltas joined."""
    found = [raw]
    for exchange in decode(raw).exchanges:
        found += [exchange.request.body.join(), plain(exchange.request.body.join(), "gzip") or b""]
        if exchange.response is not None:
            found += [exchange.response.body, response_text(exchange.response)]
    for body in list(found):
        said: dict[bytes, list[bytes]] = {}
        for name, text in re.findall(rb'"([a-z_]+)": ?"((?:[^"\\]|\\.)*)"', body):
            said.setdefault(name, []).append(text)
        found += [b"".join(several) for several in said.values()]
    return found


@pytest.mark.parametrize("name", PLANTS)
def test_no_planted_secret_is_on_the_disk(name: str, tmp_path: Path) -> None:
    """In no place and in no spelling, whatever one makes of the file; and the recording was not given up for it."""
    secret = PLANTS[name]
    core = secret.splitlines()[5] if "\n" in secret else secret
    knows = Redactor([IN_USE])
    say = (Say(text=f"say {secret}"),)
    scenario = Scenario(name="n", say=say, system=f"system {secret}", about=f"about {secret}")
    header = Header(origin=f"http://h/{quote_plus(secret)}", command=f"run --api-key {core} x", scenario=scenario)
    knows.learn(CARRIED)
    path = tmp_path / "c.cassette.jsonl"
    recorder = Recorder(Writer(path, knows.header(header)), knows)
    record(recorder, secret)
    recorder.close()
    assert recorder.trouble is None
    raw = path.read_bytes()
    assert len(decode(raw).exchanges) > 50
    needles = spellings(core)
    for text in texts_of(raw):
        for needle in needles:
            assert needle not in text, (needle, text[:2000])


@pytest.mark.parametrize("name", ["key in use", "Anthropic key", "JSON web token", "AWS key id"])
def test_a_secret_may_be_cut_anywhere(name: str) -> None:
    """At every place, by a chunk's end and between two deltas; the rest of the stream stays."""
    secret = PLANTS[name]
    knows = Redactor([IN_USE])
    for place in range(len(secret) + 1):
        raw = f"a {secret} b".encode()
        clean = knows.chunks(chunks(raw[: place + 2], raw[place + 2 :]))
        assert b"".join(chunk.bytes for chunk in clean) == b"a %s b" % mark(secret.encode()).encode()
        pieces = [events({"content": text}) for text in (f"a {secret[:place]}", f"{secret[place:]} b")]
        said = "".join(
            json.loads(line[6:])["content"]
            for line in b"".join(chunk.bytes for chunk in knows.chunks(chunks(*pieces))).split(b"\n\n")
            if line
        )
        assert said == f"a {mark(secret.encode())} b"


def test_what_a_request_carries_is_replaced_from_then_on() -> None:
    """A server that echoes the key, and a message that quotes it, also one that was seen before it was known."""
    splitter, knows = Splitter(), Redactor()
    body = json.dumps(
        {"messages": [{"role": "user", "content": f"is {CARRIED} right?"}]}, separators=(",", ":")
    ).encode()
    before = Request(method="POST", url=CHAT, body=splitter.split(body))
    after = Request(method="POST", url=CHAT, headers=(("x-api-key", CARRIED),), body=splitter.split(body))
    assert knows.request(before).body.join() == body
    assert CARRIED.encode() not in knows.request(after).body.join()
    assert CARRIED.encode() not in knows.request(before).body.join()
    assert knows.text(f"you sent {CARRIED}") == f"you sent {mark(CARRIED.encode())}"
    assert knows.request(after).body.last_link("messages") is knows.request(before).body.last_link("messages")


def test_what_was_clean_is_looked_at_again_once_a_secret_is_known() -> None:
    """A header, a method and a URL that were seen before the secret lose it from then on; what is seen is bounded."""
    secret = "sUp3rs3cr3tV4lue99x"
    redactor = Redactor()
    asked = Request(method=secret, url=f"http://h/{secret}", headers=(("user-agent", secret), ("host", "h")))
    assert secret in redactor.request(asked).header("user-agent")
    redactor.learn(secret)
    assert secret not in repr(redactor.request(asked))
    for number in range(3000):
        redactor.url(f"http://h/{number}")
        redactor.url("x" * 1000 + str(number))
    assert len(redactor._words) <= 1000
    assert max(len(text) for _, _, text in redactor._words) < 1000


def test_keys_that_change_with_every_request_do_not_pile_up() -> None:
    """Only so many are learnt: each costs a look at all that was there before."""
    knows = Redactor()
    assert sum(knows.learn(f"token-number-{number}") for number in range(100)) == 32
    assert not knows.learn("token-number-1")


def test_look_alikes_stay_byte_for_byte() -> None:
    """Chats are full of what is nearly a token: as text, as a request, and as an answer."""
    knows = Redactor([KEY])
    for text in LOOK_ALIKES:
        raw = json.dumps({"messages": [{"role": "user", "content": text}]}, separators=(",", ":")).encode()
        assert knows.text(text) == text
        assert knows.body(Splitter().split(raw)).join() == raw
        given_chunks = chunks(raw[:30], raw[30:])
        assert knows.chunks(given_chunks) is given_chunks


def test_named_secrets_are_replaced_where_they_stand() -> None:
    """And what names them stays."""
    for around, secret in NAMED.values():
        before = around.format("|").partition("|")[0]
        clean = Redactor().text(around.format(secret))
        assert secret not in clean
        kept = before[: before.rfind("://") + 3] if "@" in around else before.removesuffix("sid=")
        assert clean.startswith(kept)


def test_the_users_patterns_are_replaced_and_told() -> None:
    """In whole texts, across chunks and deltas; the header says the pattern, but not if it is itself the secret."""
    knows = Redactor(patterns=["cust-[0-9]{6}", "orion-project"])
    assert re.fullmatch(r"a \[redacted \w{8}\] b", knows.text("a cust-123456 b"))
    pieces = (events({"content": "cust-12"}), events({"content": "3456 orion-"}), events({"content": "project"}))
    told = b"".join(chunk.bytes for chunk in knows.chunks(chunks(*pieces)))
    assert told.count(b"[redacted") == 2
    assert knows.header(Header()).redactions == ("cust-[0-9]{6}", mark(b"orion-project"))
    with pytest.raises(UsageError, match="no regular expression"):
        Redactor(patterns=["("])


@pytest.mark.parametrize(
    ("command", "clean"),
    [
        ("agent --api-key abc --model m", f"agent --api-key {mark(b'abc')} --model m"),
        ("agent --token='a b' -p x", "agent --token='a b' -p x"),
        ("agent --password=abc", f"agent --password={mark(b'abc')}"),
        ("agent --max-tokens 5 --key-file k", "agent --max-tokens 5 --key-file k"),
        ("git clone https://me:pw@h/x", "git clone https://h/x"),
    ],
)
def test_command_lines_lose_their_secrets(command: str, clean: str) -> None:
    """Options that are named for one, and credentials in URLs."""
    assert Redactor().command(command) == clean


def test_a_private_key_in_a_log_is_cut_out_line_by_line() -> None:
    """Each line comes by itself, and none of the key's is written."""
    knows = Redactor()
    told = [knows.line(LogLine(at=1, text=line)).text for line in TOKENS["private key"].splitlines()]
    assert not [line for line in TOKENS["private key"].splitlines()[4:7] if line in told]


def test_a_location_is_a_url() -> None:
    """Also one without a host."""
    clean = dict(redactor().headers((("location", "/cb?code=abc&x=1"),)))
    assert clean["location"] == f"/cb?code={mark(b'abc')}&x=1"


def test_a_bomb_is_looked_into_as_far_as_it_is_read() -> None:
    """A secret in its beginning does not reach the disk; nor does the rest of the bomb."""
    raw = encoded(KEY.encode() + b"\0" * 2**26, "gzip") or b""
    response = Response(status=200, headers=(("content-encoding", "gzip"),), chunks=chunks(raw[:100], raw[100:]))
    assert KEY.encode() not in redactor().response(response).body[:100]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, br"])
def test_a_compressed_request_is_no_hiding_place(encoding: str) -> None:
    """With a secret in it, it is kept plain, and tells which encoding it had; without one it is as it was."""
    for text in (f"a {KEY} b", "a b"):
        raw = encoded(text.encode(), encoding) or b""
        asked = Request(method="POST", url=CHAT, headers=(("content-encoding", encoding),), body=Body.of(raw))
        clean = redactor().request(asked)
        if KEY in text:
            assert (clean.body.join(), clean.encoding) == (b"a %s b" % MARK.encode(), encoding)
        else:
            assert clean == asked


@pytest.mark.parametrize(
    ("encoding", "much"), [("gzip", False), ("br", False), ("gzip", True)], ids=["gzip", "br", "a bomb"]
)
def test_a_compressed_request_that_cannot_be_opened_as_a_whole_is_looked_into(encoding: str, much: bool) -> None:
    """It is kept as it came; but where what can be read of it holds a secret, that is kept, without the secret."""
    for secret in (KEY.encode(), *(() if much else (b"harmless",))):
        raw = encoded(b"it is " + secret + bytes(2**26 if much else 0) + b" and more than that" * 9, encoding)
        assert raw is not None
        sent = Body.of(raw if much else raw[:-1])
        asked = Request(method="POST", url="http://h/", headers=(("content-encoding", encoding),), body=sent)
        clean = redactor().request(asked)
        if secret == b"harmless":
            assert clean == asked
        else:
            assert clean.body.join().startswith(b"it is " + MARK.encode())
            assert clean.encoding == encoding


def test_a_cleaned_message_stays_the_same_link_when_another_secret_is_learnt() -> None:
    """Else each new secret would have the whole chat written once more."""
    knows = redactor()
    body = Splitter().split(b'{"messages":[{"k":"%s"},{"a":1}]}' % KEY.encode())
    before = knows.body(body).last_link("messages")
    assert knows.learn("another-secret-1")
    assert before is not None
    assert knows.body(body).last_link("messages") is before


def test_a_scenario_holds_no_secret_in_any_text() -> None:
    """What is said, what is expected of the answer, and what it is called."""
    expect = Expectation(contains=(KEY,), matches=(KEY, "a.c"), finish=KEY, tools=("glob",), calls=2)
    scenario = Scenario(name=KEY, about=KEY, system=KEY, say=(Say(text=KEY, repeat=3, expect=expect),), repeat=2)
    clean = Redactor().scenario(scenario)
    assert KEY.encode() not in msgspec.json.encode(clean)
    say = clean.say[0]
    assert (clean.repeat, say.repeat, say.expect.tools, say.expect.calls) == (2, 3, ("glob",), 2)
    assert say.expect.matches[1] == "a.c"
    plain_one = Scenario(name="n", say=(Say(text="Hi", expect=Expectation(finish="stop")),))
    assert Redactor().scenario(plain_one) == plain_one


def test_an_exchange_a_turn_and_a_run_hold_no_secret() -> None:
    """A turn comes without its parts: a recording holds them beside it, and they are looked through there."""
    redactor = Redactor()
    exchange = redactor.exchange(
        Exchange(id=7, started=1.0, request=Request(method="GET", url=f"http://h/?key={KEY}"), failure=f"Error: {KEY}")
    )
    run = ToolRun(call_id="c", name="n", arguments=KEY, output=KEY)
    line = LogLine(at=1.0, text=KEY)
    turn = redactor.turn(
        Turn(number=1, said=KEY, reply=KEY, error=KEY, exchanges=(exchange,), tool_runs=(run,), log=(line,))
    )
    for word in (exchange, turn, redactor.tool_run(run)):
        assert KEY not in repr(word)
    assert (exchange.id, turn.number, turn.exchanges, turn.tool_runs, turn.log) == (7, 1, (), (), ())
    assert redactor.turn(Turn(number=1, said="x")).reply is None


def test_every_text_of_a_recording_is_looked_through() -> None:
    """Names that clients chose, levels and sources of log lines, methods and sessions hold no secret either."""
    request = Request(method=KEY, url="http://h/")
    said = Turn(number=1, said="", session=KEY)
    run = ToolRun(call_id=KEY, name=KEY, arguments="", output="", session=KEY)
    line = LogLine(at=1.0, text="", level=KEY, source=KEY, session=KEY)
    exchange = Exchange(id=1, started=1.0, request=request, session=KEY)
    knows = redactor()
    for word in (knows.exchange(exchange), knows.turn(said), knows.tool_run(run), knows.line(line)):
        assert KEY not in repr(word)
        assert MARK in repr(word)


def test_the_key_of_a_request_is_known_from_its_beginning() -> None:
    """A log line may hold it long before the answer ends."""
    knows = Redactor()
    line = LogLine(at=1.0, text="auth: zyx-987-abc is bad")
    assert knows.line(line).text == line.text
    knows.hear(Request(method="POST", url="http://h/", headers=(("authorization", "Bearer zyx-987-abc"),)))
    assert "zyx" not in knows.line(line).text


@pytest.mark.parametrize("name", ["api%5Fkey", "%61pi_key", "user[password]", "X-Amz%2DSignature", "API_KEY"])
def test_the_name_of_a_parameter_is_read_without_its_escapes(name: str) -> None:
    """In a URL and in a form; what it carries is learnt. Others stay."""
    knows = Redactor()
    form = (("content-type", "application/x-www-form-urlencoded"),)
    body = Body.of(f"a=1&{name}=zyx-987-abc&b=%5F".encode())
    clean = knows.request(
        Request(method="POST", url=f"http://h/?a=1&{name}=zyx-987-abc&b=%5F", headers=form, body=body)
    )
    marked = mark(b"zyx-987-abc")
    assert clean.url == f"http://h/?a=1&{name}={marked}&b=%5F"
    assert clean.body.join() == f"a=1&{name}={marked}&b=%5F".encode()
    assert "zyx" not in knows.text("it is zyx-987-abc")


@pytest.mark.parametrize("headers", [(), (("content-encoding", "utf-8, gzip"),), (("content-encoding", "utf-8"),)])
@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_body_is_looked_into_by_how_it_begins(headers: tuple[tuple[str, str], ...], encoding: str) -> None:
    """Where no header tells its encoding, or one that is none beside it. Without a secret it stays as it came."""
    if encoding == "zstd" and headers and "gzip" in headers[0][1]:
        return
    for text, held in ((f"the key is {KEY} and more", True), ("nothing", False)):
        raw = encoded(text.encode(), encoding)
        assert raw is not None
        sent = redactor().request(Request(method="POST", url="http://h/", headers=headers, body=Body.of(raw)))
        came = redactor().response(
            Response(status=200, headers=headers, chunks=chunks(raw[:2], raw[2:]), first_byte=0.0)
        )
        for body in (sent.body.join(), came.body):
            assert body == (text.replace(KEY, MARK).encode() if held else raw)


@pytest.mark.parametrize(
    "name", ["api_key", "password", "access_token", "client_secret", "secret", "aws_secret_access_key"]
)
@pytest.mark.parametrize("colon", [":", ": "])
def test_a_field_that_is_named_for_a_secret_is_one_at_the_top_too(name: str, colon: str) -> None:
    """LiteLLM's clients send their key in the body; its parts are kept one by one, and judged with their names."""
    secret = "q7W2e9R4t1Y8u3I6o0"
    raw = json.dumps(
        {"model": "m", name: secret, "messages": [{"role": "user", "content": "hi"}]}, separators=(",", colon)
    )
    request = Request(method="POST", url="http://h/v1", body=Splitter().split(raw.encode()))
    clean = Redactor().request(request).body
    assert secret.encode() not in clean.join()
    assert clean.last_link("messages") is not None
    assert json.loads(clean.join())[name].startswith("[redacted ")
