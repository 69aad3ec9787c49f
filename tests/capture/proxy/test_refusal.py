"""Promises of `nexdiag.capture.proxy.refusal`."""

import pytest

from nexdiag.capture.proxy import refusal


@pytest.mark.parametrize(
    ("failure", "status", "hint"),
    [
        ("ConnectError: Connection refused", 502, "is the server running"),
        ("ConnectTimeout", 504, "is the server running"),
        ("ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] self-signed", 502, "SSL_CERT_FILE"),
        ("ReadError", 502, "server's log"),
        ("RemoteProtocolError: x", 502, "server's log"),
    ],
)
def test_a_server_that_is_away_and_one_that_broke_off_are_told_apart(failure: str, status: int, hint: str) -> None:
    """The hint is where to look."""
    told = refusal.unreachable("http://h:1", failure)
    assert told.status == status
    assert hint in told.hint
    assert "http://h:1" in told.what
