"""Promises of `nexdiag.codec.encodings`."""

import subprocess
import sys
import zlib
from collections.abc import Callable
from itertools import pairwise

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.encodings import (
    READ_OF_A_BOMB,
    Decoding,
    encoded,
    plain,
    plain_pieces,
    plain_request,
    read_response,
    response_text,
)
from nexdiag.core.body import Body
from nexdiag.core.exchange import Chunk, Headers, Request, Response

ONE = ["gzip", "x-gzip", "deflate", "br", "zstd"]
ENCODINGS = ["", "identity", *ONE, "gzip, br", "zstd,gzip , br", " GZIP "]
BODY = b"".join(b'data: {"content":"word %d"}\n\n' % number for number in range(3000))


def coded(body: bytes, encoding: str) -> bytes:
    """The body in an encoding that is known."""
    raw = encoded(body, encoding)
    assert raw is not None
    return raw


@given(st.binary(), st.sampled_from(ENCODINGS), st.lists(st.integers(0, 200), max_size=5))
def test_an_encoding_is_undone_however_it_was_cut(body: bytes, encoding: str, cuts: list[int]) -> None:
    """Both directions give the bytes back; of pieces, there are as many as came."""
    raw = coded(body, encoding)
    pieces = [raw[start:end] for start, end in pairwise([0, *sorted(cuts), max([len(raw), *cuts])])]
    assert plain(raw, encoding) == body
    given_pieces = plain_pieces(pieces, encoding)
    assert given_pieces is not None
    assert len(given_pieces) == len(pieces)
    assert b"".join(given_pieces) == body


def gzip_pieces(pieces: list[bytes]) -> list[bytes]:
    machine = zlib.compressobj(wbits=31)
    return [machine.compress(piece) + machine.flush(zlib.Z_SYNC_FLUSH) for piece in pieces]


def brotli_pieces(pieces: list[bytes]) -> list[bytes]:
    machine = brotli.Compressor()
    return [machine.process(piece) + machine.flush() for piece in pieces]


def zstd_pieces(pieces: list[bytes]) -> list[bytes]:
    machine = zstandard.ZstdCompressor().compressobj()
    return [machine.compress(piece) + machine.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) for piece in pieces]


@pytest.mark.parametrize(("encoding", "squeeze"), [("gzip", gzip_pieces), ("br", brotli_pieces), ("zstd", zstd_pieces)])
def test_a_plain_piece_keeps_its_place(encoding: str, squeeze: Callable[[list[bytes]], list[bytes]]) -> None:
    """A server that flushes each event: each plain piece stands where its coded piece stood."""
    pieces = [b"data: %d\n\n" % number for number in range(50)]
    assert plain_pieces(squeeze(pieces), encoding) == pieces


@pytest.mark.parametrize("encoding", ["snappy", "gzip, snappy", "gzip," * 5, "gzip;q=1"])
def test_an_unknown_encoding_is_told(encoding: str) -> None:
    """Nothing is guessed, and more encodings than anybody uses are not undone."""
    assert not Decoding(encoding).known
    assert plain(b"x", encoding) is None
    assert plain_pieces([b"x"], encoding) is None


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
def test_what_is_in_no_such_encoding_is_told(encoding: str) -> None:
    """Bytes that were never encoded give nothing."""
    assert plain(b"no such thing at all", encoding) is None


@pytest.mark.parametrize("encoding", ONE)
def test_a_stream_that_breaks_off_gives_what_came(encoding: str) -> None:
    """A beginning of the body, never an error; and an empty body is empty."""
    raw = coded(BODY, encoding)
    cut = plain(raw[: len(raw) * 3 // 4], encoding)
    assert cut is not None
    assert BODY.startswith(cut)
    if encoding != "zstd":  # a block is given when it is whole, and this body is one
        assert len(cut) > len(BODY) // 4
    assert plain(b"", encoding) == b""


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_what_stands_before_a_fault_is_given(encoding: str) -> None:
    """Also where beginning and fault came in one piece: a secret may stand there."""
    raw = coded(BODY, encoding)
    middle = len(raw) // 2
    body = plain(raw[:middle] + bytes(255 - byte for byte in raw[middle : middle + 40]), encoding)
    assert body is not None
    assert len(body) > len(BODY) // 4
    assert BODY.startswith(body[: len(BODY) // 4])


@pytest.mark.parametrize("encoding", [*ONE, "gzip, gzip", "br, zstd"])
def test_a_bomb_is_bounded(encoding: str) -> None:
    """What comes to more than the limit is told; what comes to just the limit is given."""
    raw = coded(b"\0" * 2**20, encoding)
    assert plain(raw, encoding, limit=2**20) == b"\0" * 2**20
    assert plain(raw, encoding, limit=2**20 - 1) is None
    decoding = Decoding(encoding, limit=2**19)
    assert sum(len(decoding.feed(raw[place : place + 7])) for place in range(0, len(raw), 7)) <= 2**19
    assert decoding.too_large


def test_deflate_comes_with_and_without_its_head() -> None:
    """RFC 9110 means zlib; some servers send the bare stream, and browsers take both, in any pieces."""
    machine = zlib.compressobj(wbits=-15)
    bare = machine.compress(BODY) + machine.flush()
    for raw in (bare, zlib.compress(BODY)):
        assert plain(raw, "deflate") == BODY
        assert b"".join(plain_pieces([raw[:1], raw[1:2], raw[2:]], "deflate") or ()) == BODY


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_members_that_follow_one_another_are_one_body(encoding: str) -> None:
    """As RFC 1952 and RFC 8878 have it."""
    assert plain(coded(b"one ", encoding) + coded(b"two", encoding), encoding) == b"one two"


@pytest.mark.parametrize("encoding", ONE)
def test_what_follows_a_body_is_left_out(encoding: str) -> None:
    """Padding and junk after a whole body do not spoil it."""
    assert plain(coded(b"whole", encoding) + b"\0\0junk", encoding) == b"whole"


@given(st.binary(), st.sampled_from(ENCODINGS) | st.text(max_size=8))
def test_any_bytes_are_borne(raw: bytes, encoding: str) -> None:
    """Whatever a peer sent under whatever name, nothing is raised."""
    given_body = plain(raw, encoding)
    assert given_body is None or isinstance(given_body, bytes)


def test_the_text_of_a_response_is_without_its_encoding() -> None:
    """And as it came, where there is none, or none that can be undone."""
    for encoding, raw in (("br", coded(BODY, "br")), ("", BODY), ("snappy", BODY), ("gzip", BODY)):
        chunks = (Chunk(at=0.0, bytes=raw[:9]), Chunk(at=0.1, bytes=raw[9:]))
        headers = (("content-encoding", encoding),) if encoding else ()
        assert response_text(Response(status=200, headers=headers, chunks=chunks)) == BODY


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "gzip, br"])
def test_readers_look_into_the_beginning_of_a_bomb(encoding: str) -> None:
    """They get a mebibyte of it, and are told; a large body that a model could have sent is read as a whole."""
    headers = (("content-encoding", encoding),)
    bomb = coded(b"data: x\n\n" * 4_000_000, encoding)
    text, cut = read_response(Response(status=200, headers=headers, chunks=(Chunk(at=0.0, bytes=bomb),)))
    assert (text, cut) == ((b"data: x\n\n" * 120_000)[:READ_OF_A_BOMB], True)
    large = b"".join(b"%d %d\n" % (number, number**9) for number in range(300_000))
    raw = coded(large, encoding)
    assert read_response(Response(status=200, headers=headers, chunks=(Chunk(at=0.0, bytes=raw),))) == (large, False)


def test_libraries_are_loaded_only_where_they_are_wanted() -> None:
    """A command that meets no such body does not pay for them when it starts."""
    code = "import sys; from nexdiag.codec import encodings; print({'brotli', 'zstandard'} & {*sys.modules})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == "set()"


def sent(body: bytes, *encodings: str) -> Request:
    """A request under these headers."""
    headers: Headers = tuple(("content-encoding", encoding) for encoding in encodings)
    return Request(method="POST", url="http://h/", headers=headers, body=Body.of(body))


@pytest.mark.parametrize("encodings", [(encoding,) for encoding in ONE] + [("gzip", "br"), ("zstd, gzip",), ("GZIP",)])
def test_a_request_is_kept_without_its_encoding(encodings: tuple[str, ...]) -> None:
    """Also where the header stands twice; and where the body is plain already, whatever the header says, it stays."""
    name = ", ".join(encodings)
    opened = plain_request(sent(coded(BODY, name), *encodings))
    assert (opened.body.join(), opened.encoding) == (BODY, name.lower())
    assert plain_request(opened) is opened
    assert plain_request(asked := sent(BODY, *encodings)) is asked
    assert plain_request(asked := sent(b"", *encodings)) is asked


@pytest.mark.parametrize("encodings", [(), ("",), ("identity",), ("snappy",)])
def test_a_request_without_a_known_encoding_is_the_very_same(encodings: tuple[str, ...]) -> None:
    asked = sent(coded(BODY, "gzip"), *encodings)
    assert plain_request(asked) is asked


@pytest.mark.parametrize("encoding", [*ONE, "gzip, br"])
def test_half_a_request_is_kept_as_it_came(encoding: str) -> None:
    """What decompresses of a body that breaks off is no record of it; who looks for secrets wants it all the same."""
    raw = coded(BODY, encoding)
    for body in (raw[:-1], raw[: len(raw) // 2], raw[:1], raw + b"junk"):
        asked = sent(body, encoding)
        assert plain_request(asked) is asked
    half = plain_request(sent(raw[:-1], encoding), as_far=True)
    assert BODY.startswith(half.body.join()) or encoding == "zstd"  # whose blocks give nothing before their end


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_what_follows_one_another_is_one_body(encoding: str) -> None:
    """Members of gzip, frames of zstd: whole only with the last of them."""
    twice = coded(BODY, encoding) * 2
    assert plain_request(sent(twice, encoding)).body.join() == BODY * 2
    assert plain_request(asked := sent(twice[:-9], encoding)) is asked
