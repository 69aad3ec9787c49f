"""Promises of `nexdiag.replay.serving.visitors`."""

import pytest

from nexdiag.http1.heads import Asked, Pairs
from nexdiag.replay.serving import visitors


def status(headers: Pairs) -> int | None:
    why = visitors.refused(headers, visitors.shown)
    return None if why is None else why.status


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (b"127.0.0.1:4010", None),
        (b"localhost:4010", None),
        (b"LOCALHOST.", None),
        (b"app.localhost", None),
        (b"[::1]:4010", None),
        (b"192.168.0.7:80", None),  # an address cannot be made to resolve elsewhere
        (b"h", None),
        (b"host.docker.internal:4010", None),
        (b"replay.test", None),
        (b"evil.com", 403),
        (b"evil.com.", 403),
        (b"127.0.0.1.evil.com:4010", 403),
        (b"localhost.evil.com", 403),
        (b"a/b", 400),
        (b"a b", 400),
        (b"user@localhost", 400),
        (b"\xff", 400),
        (b"", None),
    ],
)
def test_a_name_that_somebody_else_may_own_is_refused(host: bytes, expected: int | None) -> None:
    """A page of that name could otherwise read the recording (DNS rebinding); names of this machine are taken."""
    assert status([(b"Host", host)]) == expected


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (b"http://localhost:3000", None),
        (b"https://app.localhost", None),
        (b"http://127.0.0.1", None),
        (b"http://[::1]:1", None),
        (b"tauri://localhost", None),
        (b"chrome-extension://abc", None),
        (b"vscode-webview://abc", None),
        (b"file://", None),
        (b"foo:bar", 403),
        (b"file:bar", 403),
        (b"foo://localhost", 403),
        (b"http://evil.com", 403),
        (b"http://localhost.evil.com", 403),
        (b"http://192.168.0.7", 403),
        (b"null", 403),
        (b"http://[", 403),
    ],
)
def test_a_page_from_elsewhere_may_not_ask(origin: bytes, expected: int | None) -> None:
    """It would read the recording, and spend it."""
    assert status([(b"host", b"localhost"), (b"ORIGIN", origin)]) == expected


def test_a_preflight_is_answered_with_what_it_asks_for() -> None:
    """The page may send its key and its content type."""
    asked = Asked(
        method="OPTIONS",
        target="/v1/x",
        headers=[
            (b"Origin", b"http://localhost:3000"),
            (b"Access-Control-Request-Method", b"POST"),
            (b"Access-Control-Request-Headers", b"authorization,content-type"),
        ],
    )
    assert visitors.is_preflight(asked)
    given = dict(visitors.permission(asked))
    assert given[b"access-control-allow-origin"] == b"http://localhost:3000"
    assert given[b"access-control-allow-methods"] == b"POST"
    assert given[b"access-control-allow-headers"] == b"authorization,content-type"
    assert b"access-control-allow-private-network" not in given
    assert not visitors.is_preflight(Asked(method="OPTIONS", target="/", headers=[]))
    assert not visitors.is_preflight(Asked(method="POST", target="/", headers=asked.headers))


@pytest.mark.parametrize(
    ("target", "rest"),
    [
        (b"http://127.0.0.1:4010/v1/models", b"/v1/models"),
        (b"HTTP://LocalHost:4010?a=b", b"/?a=b"),
        (b"http://[::1]:4010", b"/"),
        (b"http://127.0.0.1:40100/v1", b"http://127.0.0.1:40100/v1"),
        (b"http://127.0.0.1:4011/v1", b"http://127.0.0.1:4011/v1"),
        (b"http://127.0.0.1:4010@evil.com/v1", b"http://127.0.0.1:4010@evil.com/v1"),
        (b"/v1/models", b"/v1/models"),
        (b"*", b"*"),
    ],
)
def test_the_server_knows_its_own_address(target: bytes, rest: bytes) -> None:
    """Who uses it as a proxy for itself means itself; whatever only looks like it does not."""
    assert visitors.own(target, 4010) == rest


@pytest.mark.parametrize(
    ("method", "target", "host"),
    [
        ("CONNECT", b"api.openai.com:443", "api.openai.com:443"),
        ("GET", b"http://api.openai.com/v1/models", "api.openai.com"),
        ("GET", b"http://user:secret@host:1/", "host:1"),
        ("GET", b"http://[", "http://["),
        ("GET", b"nonsense", "nonsense"),
        ("GET", b"", "nothing"),
        ("CONNECT", b"a\x1b[31m\xff" + b"a" * 300, "a?[31mÿ" + "a" * 193),
    ],
)
def test_whom_somebody_wanted_to_reach(method: str, target: bytes, host: str) -> None:
    """Without credentials, and fit for a terminal."""
    assert visitors.wanted_host(method, target) == host


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("http://user:secret@host:1/a@b?c@d", "http://host:1/a@b?c@d"),
        ("user:secret@host:443", "host:443"),
        ("secret@host", "host"),
        ("http://user:sec@ret@host/", "http://host/"),
        ("http://user:se/cret@host/", "http://host/"),
        ("http://user:se://cret@host/", "http://host/"),
        ("user:se@cr://et@host:1", "host:1"),
        ("http://user:secret@", "http://"),
        ("http://user:secret@[::1]:9/", "http://[::1]:9/"),
        ("http://host/npm/@scope/name", "http://host/npm/@scope/name"),
        ("/v1/a@b", "/v1/a@b"),
        ("*", "*"),
        ("", ""),
    ],
)
def test_whoever_logs_in_is_not_told(text: str, left: str) -> None:
    """Whatever stands before the host goes, also where it was written wrong; an `@` behind it stays."""
    assert visitors.without_user(text) == left


def test_what_is_refused_is_told_as_it_may_be_shown() -> None:
    """The words of a host and of an origin may hold a key."""
    for headers in ([(b"host", b"key.evil.com")], [(b"host", b"h"), (b"origin", b"http://key.evil.com")]):
        why = visitors.refused(headers, lambda text: text.replace("key", "-"))
        assert why is not None
        assert "found" in why.what
        assert "-.evil.com" in why.what
        assert "key" not in why.what
