"""Promises of nexdiag.agent.provider.address: the URL that routes are appended to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.provider.address import implied_wire, is_loopback, normalise_base_url
from nexdiag.core.errors import UsageError

URL = "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("https://host:30000", "https://host:30000/v1"),
        ("https://host:30000/", "https://host:30000/v1"),
        ("  http://host/v1/ ", "http://host/v1"),
        ("HTTP://host/v1", "http://host/v1"),
        ("https://host/api/paas/v4", "https://host/api/paas/v4"),
        ("https://host/v1beta/openai/", "https://host/v1beta/openai"),
        ("https://host/openai", "https://host/openai/v1"),
        ("https://openrouter.ai/api", "https://openrouter.ai/api/v1"),
        ("http://host/v1/chat/completions", "http://host/v1"),
        ("http://host/inference/chat/completions", "http://host/inference"),
        ("http://host/chat/completions/", "http://host"),
        ("http://host/v1/models", "http://host/v1"),
        ("http://host/v1/responses", "http://host/v1"),
        ("http://host/models", "http://host/models/v1"),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
        ("http://host/v1#part", "http://host/v1"),
        ("http://host/v1/messages", "http://host/v1"),
        ("https://api.anthropic.com", "https://api.anthropic.com/v1"),
        ("https://generativelanguage.googleapis.com/", "https://generativelanguage.googleapis.com/v1beta/openai"),
        ("https://openrouter.ai", "https://openrouter.ai/api/v1"),
        ("http://openrouter.ai", "http://openrouter.ai/v1"),
    ],
)
def test_the_version_segment_stands_there_once(typed: str, base: str) -> None:
    """`/v1` is added where it lacks, and nowhere else; of a full route the front is kept.

    (reference faults 5, 6, 22)
    """
    assert normalise_base_url(typed) == base


@given(st.lists(st.sampled_from(["api", "v1", "v1beta", "openai", "x"]), max_size=4).map("/".join))
def test_normalising_again_changes_nothing(path: str) -> None:
    """A base URL that was normalised is its own base URL: what init wrote, the daemon reads."""
    once = normalise_base_url(f"{URL}/{path}")
    assert normalise_base_url(once) == once


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "host:8080",
        "ftp://host",
        "http://",
        "http://[::1",
        "http://host:port",
        "http://ho st",
        "http://h\x00st",
        "http://a\\b",
    ],
)
def test_what_is_no_url_is_refused(typed: str) -> None:
    """Anything but http or https with a host is a mistake in the command line, told with an example."""
    with pytest.raises(UsageError, match="http or https URL is wanted") as refused:
        normalise_base_url(typed)
    assert "http://127.0.0.1:8080" in refused.value.hint


@pytest.mark.parametrize(
    "typed",
    [
        "https://user:hunter2@host/v1",
        "https://hunter2@host",
        "ftp://user:hunter2@host",
        "http://user:hun/ter2@host",
        "http://user:hunter2@[::1",
        "https://host/v1?key=hunter2",
        "https://user:hunter2@host/v1?a@b",
    ],
)
def test_credentials_in_a_url_are_refused_and_never_shown(typed: str) -> None:
    """They would reach logs and recordings; the error tells where a key belongs, and not what it is."""
    with pytest.raises(UsageError) as refused:
        normalise_base_url(typed)
    told = refused.value.what + refused.value.hint
    assert "hunter2" not in told
    assert "ter2" not in told


def test_a_query_is_refused_rather_than_lost() -> None:
    """Routes are appended to the URL, so a query could not be kept; that is said, and not done in silence."""
    with pytest.raises(UsageError, match="without a query"):
        normalise_base_url("https://host/openai?api-version=2024-05-01")


@pytest.mark.parametrize(
    ("url", "wire"),
    [
        ("http://h/v1/responses", "responses"),
        ("http://h/v1/messages/", "anthropic"),
        ("http://h/v1/chat/completions", "chat"),
        ("http://h/v1", None),
        ("http://h/messages", None),
        ("", None),
    ],
)
def test_a_pasted_route_tells_its_wire(url: str, wire: str | None) -> None:
    """Whoever pastes a full route has said which dialect it speaks."""
    assert implied_wire(url) == wire


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://[::1]:1/v1", True),
        ("http://127.9.9.9", True),
        ("http://a.localhost", True),
        ("https://host", False),
        ("http://localhost.example", False),
        ("", False),
        ("http://[::1", False),
    ],
)
def test_what_is_this_machine(url: str, here: bool) -> None:
    """Loopback addresses, and the names that stand for them."""
    assert is_loopback(url) is here
