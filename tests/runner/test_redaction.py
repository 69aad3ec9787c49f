"""Promises of `nexdiag.runner.redaction`: a file is gone on with as it was begun; a secret is counted once."""

from pathlib import Path

import pytest

from nexdiag.codec.cassette import encode
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange, Request
from nexdiag.runner.redaction import patterns_for, redactions_of, redactor_for, redactor_of, replaced


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


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(\w|\s|.)*~~~$", "for ever"),
        ("(?:a|aa)+~", "for ever"),
        (".*.*.*.*~", "for ever"),
        ("(?=(?:a|a)*~)x", "for ever"),
        ("x" * 1001, "longer than 1000"),
    ],
)
def test_a_replay_leaves_out_what_could_hold_it_up_for_ever(pattern: str, why: str) -> None:
    """The file may be anybody's, and nothing ends such a pattern. It is told: what it named is not replaced."""
    redactor, left = redactor_of(["cust-[0-9]+", pattern], ["hunter2-hunter2"])
    assert redactor.patterns == ("cust-[0-9]+",)
    assert "cust" not in redactor.text("cust-1 " + "word " * 400 + "a" * 400)
    assert len(left) == 1
    assert why in left[0]
    assert repr(pattern[:80])[:-1] in left[0]


def test_what_a_replay_can_use_is_used() -> None:
    """What a person writes. A placeholder is left out without a word: it stands where a pattern was itself a secret."""
    mine = ["cust-[0-9]{6}", "Project Orion", r"[\w.]+@corp\.com", "(?i)tiger-[a-z]+", "a.*b"]
    redactor, left = redactor_of([*mine, "[redacted 00c0ffee]", "x[redacted 00c0ffee]+"], [])
    assert (redactor.patterns, left) == (tuple(mine), ())


def test_a_file_whose_header_could_hold_its_recorder_up_is_not_gone_on_with() -> None:
    """Nor is what the pattern names written: the user says whether it is theirs."""
    slow = "(?:a|aa)+~"
    with pytest.raises(UsageError, match="may take for ever") as told:
        patterns_for([r"(\w|\s|.)*~~~$"], [])
    assert "--redact" in told.value.hint
    assert patterns_for([slow, "cust"], [slow]) == (slow, "cust")


def test_the_users_own_patterns_are_used_in_a_replay_as_they_are() -> None:
    """They are trusted, also where the header has them."""
    slow = "(?:a|aa)+~"
    redactor, left = redactor_of([slow, "cust"], [], [slow])
    assert (redactor.patterns, left) == ((slow, "cust"), ())


def test_patterns_that_are_slow_together_are_left_out_from_where_it_is_too_much() -> None:
    """Each alone may take the square of a text's length: hundreds of them would take minutes for one request."""
    redactor, left = redactor_of([f".*~{number}" for number in range(100)], [])
    assert 1 <= len(redactor.patterns) < 10
    assert "with those before it, it may take too long" in left[0]


def test_a_header_with_thousands_of_patterns_is_told_in_a_few_lines() -> None:
    """The first are used. Each would run over each request."""
    redactor, left = redactor_of([f"a{number}" for number in range(50_000)], [])
    assert len(redactor.patterns) == 200
    assert left == ("the redaction 'a200' in the recording's header is left out: there are too many",)
    _, left = redactor_of([f"{number}(?:a|aa)+~" for number in range(150)], [])
    assert len(left) == 20


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
