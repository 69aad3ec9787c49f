"""Promises of `nexdiag.capture.redaction.private_keys`."""

import pytest
from planted import PEM

from nexdiag.capture.redaction.private_keys import KeyLines


def cleaned(lines: list[str], source: str = "daemon", knows: KeyLines | None = None) -> list[str]:
    """Each line as it would be written."""
    knows = knows or KeyLines()
    return [knows.clean(source, line, line, lambda secret: f"<{len(secret)}>") for line in lines]


@pytest.mark.parametrize("head", ["", "2026-01-01 00:00:00 INFO ", "stderr | "])
def test_a_key_that_is_logged_line_by_line_is_cut_out(head: str) -> None:
    """Behind whatever stands before each line; what comes after it stays."""
    lines = cleaned([head + line for line in (*PEM.splitlines(), "all done after 0123456789abcdef0123456789")])
    text = "\n".join(lines)
    for line in PEM.splitlines()[4:7]:
        assert line not in text
    assert lines[-1] == head + "all done after 0123456789abcdef0123456789"
    assert lines[-2] == head + "-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize("head", ["", "web-1  | ", "web-1  | 2026-01-01T00:00:00Z "])
def test_a_key_in_an_entry_of_several_lines_is_cut_out(head: str) -> None:
    """As all its lines come at once; what stands before and behind it stays."""
    text = "\n".join(head + line for line in ("begin", *PEM.splitlines(), "all done 0123456789abcdef0123456789"))
    (clean,) = cleaned([text])
    assert not [line for line in PEM.splitlines()[4:8] if head + line in clean]
    assert clean.startswith(f"{head}begin\n{head}-----BEGIN RSA")
    assert clean.endswith(f"{head}-----END RSA PRIVATE KEY-----\n{head}all done 0123456789abcdef0123456789")


def test_other_lines_stay() -> None:
    """Long words outside a key, another source, a certificate, and a key that never ends."""
    word = "0123456789abcdef0123456789abcdef"
    assert cleaned([word, "-----BEGIN CERTIFICATE-----", word]) == [word, "-----BEGIN CERTIFICATE-----", word]
    knows = KeyLines()
    cleaned(["-----BEGIN PRIVATE KEY-----"], knows=knows)
    assert cleaned([word], source="other", knows=knows) == [word]
    assert cleaned([word] * 250, knows=knows)[0] == "<32>"
    assert cleaned([word], knows=knows) == [word]
