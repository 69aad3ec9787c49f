"""Where a request went, and what its head says."""

import pytest

from nexdiag.runner.bundling.addressed import headers, method, url, version


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("http://127.0.0.1:8080/v1/chat/completions", "http://127.0.0.1:8080/v1/chat/completions"),
        ("https://api.openai.com/v1/responses", "https://api.openai.com/v1/responses"),
        ("https://llm.corp.example/acme/v1?q=who", "https://xxx.xxxx.xxxxxxx/xxxx/v1?xxxxx"),
        ("http://[::1]:1/v1#frag", "http://[::1]:1/v1"),
        ("nonsense", "xxxxxxxx"),
        ("http://a:b:c/", "xxxxxxxxxxxxx"),
    ],
)
def test_known_hosts_and_paths_stay(before: str, after: str) -> None:
    """All else has signs in its place."""
    assert url(before) == after


def test_of_a_head_what_says_nothing_of_anybody_stays() -> None:
    """Kinds, lengths, versions of clients, dates and placeholders."""
    kept = (
        ("content-type", "application/json; charset=utf-8"),
        ("content-length", "123"),
        ("user-agent", "OpenAI/Python 1.2.3"),
        ("date", "Mon, 01 Jan 2024 00:00:00 GMT"),
        ("authorization", "Bearer [redacted 0123abcd]"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
    )
    assert headers(kept, str.upper) == kept
    assert headers((("x-who", "zqleak"), ("server", "zqleak"), ("location", "http://zqleak/v1")), str.upper) == (
        ("X-WHO", "xxxxxx"),
        ("server", "xxxxxx"),
        ("location", "http://xxxxxx/v1"),
    )


def test_methods_and_versions_that_there_are() -> None:
    """Others are none."""
    assert (method("POST"), method("LEAK")) == ("POST", "xxxx")
    assert (version("httpx", "0.1"), version("", "1.2.3"), version("zqleak", ""), version("", "zq")) == (
        "httpx", "1.2.3", "", "",
    )  # fmt: skip
