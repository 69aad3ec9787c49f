"""`nexdiag.lint(...)`, as scripts call it."""

import pytest

import nexdiag
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.lint.subject import profile_of

TWO_USERS = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
REQUEST = Request(method="POST", url="http://h/v1/chat/completions", body=Body(raw=b'{"messages":[]}'))


def cassette(profile: str = "", server: str = "") -> Cassette:
    response = Response(status=200, headers=(("server", server),))
    exchange = Exchange(id=0, started=0.0, request=REQUEST, response=response)
    return Cassette(header=Header(profile=profile), exchanges=(exchange,), name="x.cassette.jsonl")


def test_the_package_is_the_function_that_is_promised() -> None:
    """`nexdiag.lint` takes a request, an exchange or a cassette, and is still the package."""
    assert [finding.rule for finding in nexdiag.lint(TWO_USERS, profile="llama.cpp-strict")] == ["role-alternation"]
    exchange = {"server": "vLLM (strict)", "status": 200, "request": {"messages": []}, "response": None}
    assert nexdiag.lint(exchange) == ()
    assert nexdiag.lint(cassette()) == ()
    assert nexdiag.lint.__name__ == "nexdiag.lint"
    with pytest.raises(UsageError, match="found str"):
        nexdiag.lint("five.cassette.jsonl")


def test_the_profile_is_the_one_named_then_the_headers_then_the_answers() -> None:
    """What the user names wins over what the recording says, and that over what its answers give away."""
    assert profile_of(cassette("vllm", "llama.cpp"), "openai").name == "openai"
    assert profile_of(cassette("vllm", "llama.cpp")).name == "vllm"
    assert profile_of(cassette("", "llama.cpp")).name == "llama.cpp"
    assert profile_of(cassette()).name == "unknown"


def test_a_profile_of_a_later_version_is_not_fatal() -> None:
    """A recording that names a server we do not know is judged as an unknown one."""
    assert not profile_of(cassette("server-of-2031")).known
