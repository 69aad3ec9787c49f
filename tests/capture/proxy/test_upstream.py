"""Promises of `nexdiag.capture.proxy.upstream`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.core.errors import UsageError


@pytest.mark.parametrize(
    ("upstream", "path", "target"),
    [
        ("http://h:8080", "/v1/models", "/v1/models"),
        ("http://h:8080/", "/props", "/props"),
        ("http://h:8080/v1", "/v1/models", "/v1/models"),
        ("http://h:8080/v1/", "/v1/models?limit=1", "/v1/models?limit=1"),
        ("http://h:8080/v1", "/props", "/props"),
        ("http://h:8080/v1", "/v1", "/v1"),
        ("http://h:8080/v1", "/v1?x", "/v1?x"),
        ("http://h:8080/v1", "/v1x/models", "/v1x/models"),
        ("http://h:8080/v1", "/", "/"),
        ("https://h/api/v1", "/v1/models", "/api/v1/models"),
        ("https://h/api/v1", "/models", "/api/models"),
        ("https://h/v1beta/openai/", "/v1/models", "/v1beta/openai/models"),
        ("https://h/api/paas/v4", "/v1/chat/completions", "/api/paas/v4/chat/completions"),
        ("https://h/api/paas/v4", "/v4/chat/completions", "/api/paas/v4/chat/completions"),
        ("https://h/gateway", "/v1/models", "/gateway/v1/models"),
        ("http://h/v1", "/v1/v1/models", "/v1/v1/models"),
    ],
)
def test_v1_of_the_proxy_stands_for_the_version_of_the_upstream(upstream: str, path: str, target: str) -> None:
    """What precedes the version is the proxy's root; a mistake of the client stays one."""
    assert Upstream.of(upstream).target(path) == target


@given(st.sampled_from(["", "/api", "/a/b"]), st.text("abc/?=&%", max_size=20))
def test_v1_is_never_doubled(root: str, rest: str) -> None:
    """Whether the upstream was given with `/v1` or without, the same request goes on."""
    path = f"/v1/{rest}"
    without, given_with = (Upstream.of(f"http://h{root}{end}").target(path) for end in ("", "/v1"))
    assert without == given_with == root + path


@pytest.mark.parametrize(
    ("upstream", "origin"),
    [
        ("http://h", "http://h"),
        ("http://h:80/v1", "http://h"),
        ("http://h:443", "http://h:443"),
        ("https://h:443", "https://h"),
        ("https://h:8443/v1", "https://h:8443"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        ("HTTP://H:8080", "http://h:8080"),
    ],
)
def test_it_is_called_by_its_own_name(upstream: str, origin: str) -> None:
    """Host has the port only where it is not the scheme's own."""
    read = Upstream.of(upstream)
    assert read.origin == origin
    assert read.secure is origin.startswith("https")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h:8080",
        "ftp://h",
        "http://",
        "http://user:secret@h/v1",
        "http://h/v1?key=1",
        "http://h/v1#x",
        "http://h:99999",
        "http://h:x",
        "http://h/a b",
        "http://h\\x",
        "http://h\n",
        "http://hé",
        "http://[::1",
    ],
)
def test_what_is_no_upstream_is_refused_without_being_repeated(url: str) -> None:
    """It may hold a password: the words do not show it."""
    with pytest.raises(UsageError, match="http or https URL") as told:
        Upstream.of(url)
    assert "secret" not in told.value.what + told.value.hint
    assert "--upstream" in told.value.hint
