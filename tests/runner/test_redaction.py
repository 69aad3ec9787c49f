"""Promises of `nexdiag.runner.redaction`: a file is gone on with as it was begun; a secret is counted once."""

from pathlib import Path

import pytest

from nexdiag.codec.cassette import encode
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange, Request
from nexdiag.runner.redaction import patterns_for, redactions_of, redactor_for, replaced


def test_what_a_header_names_is_replaced_too() -> None:
    """Beside what the user names now, and the keys in use."""
    redactor = redactor_for(["cust-[0-9]+"], ["hunter2-hunter2"], ["tiger-[0-9]+"])
    clean = redactor.text("cust-1 tiger-2 hunter2-hunter2 lion-3")
    assert not any(secret in clean for secret in ("cust-1", "tiger-2", "hunter2-hunter2"))
    assert "lion-3" in clean


@pytest.mark.parametrize("broken", ["(", "", "(a+)+", ".*", "[redacted 00c0ffee]", "x[redacted 00c0ffee]+"])
def test_what_is_no_pattern_in_a_header_is_left_out_alone(broken: str) -> None:
    """So is a placeholder: it stands where a pattern was itself a secret, and would fit nearly every letter."""
    assert patterns_for(["cust-1", broken], ["tiger"]) == ("tiger", "cust-1")


def test_what_is_no_pattern_of_the_users_is_an_error() -> None:
    """Their secret would be written."""
    with pytest.raises(UsageError):
        redactor_for(["("], [], ["("])


def test_the_redactions_of_a_file_are_read_whatever_follows(tmp_path: Path) -> None:
    """A broken line in it says nothing of its header; a file without a header, or none at all, names nothing."""
    path = tmp_path / "a"
    assert redactions_of(path) == ()
    path.write_bytes(encode(Cassette(header=Header(cassette=2, redactions=("cust",)))) + b'{"broken\n{}\n')
    assert redactions_of(path) == ("cust",)
    for content in (b"", b"\xff\n", b"[]\n", b"{}\n", b'{"cassette":99}\n'):
        path.write_bytes(content)
        assert redactions_of(path) == ()
    assert redactions_of(tmp_path) == ()


def test_a_secret_is_counted_once_and_what_is_none_is_not() -> None:
    """A header that nobody knows is no secret; nor is what was replaced before, or is known to be harmless."""
    marks = [f"[redacted 0000000{number}]" for number in range(4)]
    headers = (("authorization", marks[0]), ("x-stainless-os", marks[1]), ("x-key", marks[2]))
    body = Body.of(f"{marks[0]} {marks[3]}".encode())
    exchange = Exchange(id=0, started=0.0, request=Request(method="POST", url="u", headers=headers, body=body))
    cassette = Cassette(header=Header(cassette=2), exchanges=(exchange, exchange))
    raw = encode(cassette)
    assert replaced(cassette, raw) == 3
    assert replaced(cassette, raw, before=marks[3].encode(), harmless={marks[2].encode()}) == 1
