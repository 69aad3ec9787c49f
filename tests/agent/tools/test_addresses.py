"""Nothing is fetched from where only this machine can reach, whatever a name says or comes to say."""

import asyncio
from collections.abc import Sequence

import httpx
import pytest

from nexdiag.agent.tools.addresses import GuardedTransport, local, objection, system_resolve
from nexdiag.core.errors import ToolError

REFUSED = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "168.63.129.16",
    "100.100.100.200",
    "100.64.0.1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:808:8:800::",
    "::169.254.169.254",
    "::127.0.0.1",
    "::10.0.0.1",
    "::93.184.216.34",
    "::2",
    "fec0::1",
    "feff::1",
    "::ffff:0:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "::ffff:0:93.184.216.34",
    "not an address",
]
PRIVATE = ["10.0.0.1", "172.16.0.1", "192.168.1.1", "fd12::1", "::ffff:10.0.0.1"]
LOOPBACK = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]
PUBLIC = ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822", "::ffff:93.184.216.34"]


@pytest.mark.parametrize("address", REFUSED)
def test_metadata_and_odd_addresses_are_refused_always(address: str) -> None:
    """In every spelling, whatever is allowed beside them."""
    assert objection(address, private=True, loopback=True)


@pytest.mark.parametrize("address", [*PRIVATE, *LOOPBACK, *PUBLIC])
def test_each_kind_needs_its_own_permission(address: str) -> None:
    """Private networks by setting, this machine by its name in the URL, the rest freely."""
    assert (objection(address, private=False, loopback=False) == "") == (address in PUBLIC)
    assert (objection(address, private=True, loopback=False) == "") == (address in PUBLIC + PRIVATE)
    assert (objection(address, private=False, loopback=True) == "") == (address in PUBLIC + LOOPBACK)


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("app.localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost.evil.example", False),
        ("notlocalhost", False),
        ("127.1", False),
        ("2130706433", False),
        ("", False),
    ],
)
def test_this_machine_is_named_plainly_or_not_at_all(host: str, *, named: bool) -> None:
    """Spellings that only a resolver understands count as names of others: what they resolve to is refused."""
    assert local(host) is named


class Wire(httpx.AsyncBaseTransport):
    """Keeps what would go out."""

    def __init__(self, refusing: Sequence[str] = ()) -> None:
        self.sent: list[httpx.Request] = []
        self._refusing = refusing

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if request.url.host in self._refusing:
            raise httpx.ConnectError("refused")
        return httpx.Response(200)


def ask(wire: Wire, url: str, *found: str, loopback: bool = False, private: bool = False) -> httpx.Response:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return found

    guarded = GuardedTransport(wire, resolve=resolve, private=private)
    request = httpx.Request("GET", url, extensions={"nexdiag.loopback": loopback})
    return asyncio.run(guarded.handle_async_request(request))


def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    """Under its name: for the server (Host) and for its certificate. So a name cannot change its mind in between."""
    wire = Wire()
    ask(wire, "https://example.org:8443/a?b", "93.184.216.34")
    (sent,) = wire.sent
    assert str(sent.url) == "https://93.184.216.34:8443/a?b"
    assert sent.headers["host"] == "example.org:8443"
    assert sent.headers["connection"] == "close"
    assert sent.extensions == {"sni_hostname": "example.org"}


@pytest.mark.parametrize("found", [("169.254.169.254",), ("93.184.216.34", "10.0.0.1"), ("127.0.0.1",), ()])
def test_one_bad_address_is_enough(found: tuple[str, ...]) -> None:
    """A name with a good and a bad address, or none, gets no connection."""
    wire = Wire()
    with pytest.raises(ToolError, match=r"example\.org"):
        ask(wire, "http://example.org/", *found, loopback=True)
    assert wire.sent == []


def test_this_machine_is_reached_only_where_it_is_named_and_allowed() -> None:
    """A local docs server is; a name of somebody else that points here is not."""
    ask(Wire(), "http://localhost:1/", "127.0.0.1", loopback=True)
    with pytest.raises(ToolError, match="is this machine"):
        ask(Wire(), "http://localhost:1/", "127.0.0.1", loopback=False)


def test_a_network_that_is_not_there_is_passed_over() -> None:
    """The first address may be of IPv6 on a machine without; the next is tried."""
    wire = Wire(refusing=["2606:4700::1111"])
    assert ask(wire, "http://example.org/", "2606:4700::1111", "93.184.216.34").status_code == 200
    assert [request.url.host for request in wire.sent] == ["2606:4700::1111", "93.184.216.34"]
    with pytest.raises(httpx.ConnectError):
        ask(wire, "http://example.org/", "2606:4700::1111")


def test_the_system_resolves_this_machine() -> None:
    """The real resolver gives addresses as texts, once each."""
    found = asyncio.run(system_resolve("localhost", 80))
    assert set(found) <= {"127.0.0.1", "::1"}
    assert len(found) == len(set(found)) > 0


def test_a_name_that_does_not_resolve_is_told() -> None:
    """With the system's reason."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    guarded = GuardedTransport(Wire(), resolve=resolve)
    with pytest.raises(ToolError, match=r"'nowhere\.example' cannot be found: Name or service"):
        asyncio.run(guarded.handle_async_request(httpx.Request("GET", "http://nowhere.example/")))
