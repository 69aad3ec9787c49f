"""Promises of `nexdiag.codec.cassette.lines`: the keys and limits of the file."""

import re

import msgspec
import pytest

from nexdiag.codec.cassette.lines import LATEST, Line, OldChunk, Reference, RequestLine, ResponseLine


@pytest.mark.parametrize("shape", [Line, RequestLine, ResponseLine])
def test_keys_do_not_change_within_a_format(shape: type[msgspec.Struct]) -> None:
    """The keys of format 2, as docs/reference/cassette.md has them: recordings outlive the code."""
    keys = {
        "Line": "link after like json headers pairs exchange session turn at attempt request response duration failure "
        "said ended reply error usage tool name arguments output is_error log level source",
        "RequestLine": "method url headers body separators text base64 encoding",
        "ResponseLine": "status headers first_byte frame at chunks",
    }
    assert " ".join(shape.__struct_encode_fields__) == re.sub(r"\s+", " ", keys[shape.__name__])


def test_limits_hold_where_calendars_and_javascript_end() -> None:
    """Times up to the year 9999 and numbers up to 2^53 are taken, and nothing beyond."""
    good = msgspec.json.decode(b'{"at":%d,"link":9007199254740992}' % LATEST, type=Line)
    assert (good.at, good.link) == (LATEST, 2**53)
    for bad in (b'{"at":253402300799.5}', b'{"at":-0.1}', b'{"link":9007199254740993}', b'{"turn":-1}'):
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(bad, type=Line)


def test_a_chunk_of_format_1_is_two_or_three_things() -> None:
    """Time and text, or time, null and base64."""
    assert msgspec.json.decode(b'[0.5,"x"]', type=OldChunk) == OldChunk(0.5, "x")
    assert msgspec.json.decode(b'[0.5,null,"eA=="]', type=OldChunk) == OldChunk(0.5, None, "eA==")


def test_a_reference_is_named_with_a_dollar() -> None:
    """So that no field of a chat request is taken for one."""
    assert msgspec.json.decode(b'{"$link":3}', type=Reference).link == 3
