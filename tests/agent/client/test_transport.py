"""Promises of nexdiag.agent.client.transport."""

import asyncio
import ssl
from typing import Any

import httpx
import pytest
from counting_server import counting

from nexdiag.agent.client.transport import Direct


async def ask(url: str) -> int:
    async with httpx.AsyncClient(transport=Direct(), trust_env=False) as client:
        return (await client.get(url)).status_code


def test_certificates_are_read_when_somebody_speaks_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain endpoint answers without them; for https they are read before the connection is tried."""
    read: list[Any] = []
    load = ssl.SSLContext.load_verify_locations
    monkeypatch.setattr(
        ssl.SSLContext, "load_verify_locations", lambda self, *a, **k: (read.append(a), load(self, *a, **k))[1]
    )
    with counting() as url:
        assert asyncio.run(ask(f"{url}/binary")) == 200
        assert not read
        with pytest.raises(httpx.ConnectError):
            asyncio.run(ask(f"{url.replace('http:', 'https:')}/binary"))
        assert read


def test_what_is_not_known_to_be_trusted_is_refused() -> None:
    """The context of the plain half trusts nobody, should a connection ever be lifted to TLS."""
    plain = Direct()._plain._pool._ssl_context  # type: ignore[attr-defined]
    assert plain.verify_mode is ssl.CERT_REQUIRED
    assert plain.get_ca_certs() == []
