"""Whatever lint is given, judged by the right profile."""

import pytest

from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.lint.subject import judge_any, profile_of

TWO_USERS = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
REQUEST = Request(method="POST", url="http://h/v1/chat/completions", body=Body(raw=b'{"messages":[]}'))


def cassette(profile: str = "", server: str = "") -> Cassette:
    response = Response(status=200, headers=(("server", server),))
    exchange = Exchange(id=0, started=0.0, request=REQUEST, response=response)
    return Cassette(header=Header(profile=profile), exchanges=(exchange,), name="x.cassette.jsonl")


def test_each_kind_of_subject_is_judged() -> None:
    """A request by the server that is named, an exchange by the server that it names, a cassette by its own."""
    assert [finding.rule for finding in judge_any(TWO_USERS, "llama.cpp-strict")] == ["role-alternation"]
    exchange = {"server": "llama.cpp", "status": 200, "request": TWO_USERS, "response": None}
    assert {finding.severity for finding in judge_any(exchange)} <= {"warning", "info"}
    assert [finding.rule for finding in judge_any(exchange, "llama.cpp-strict")] == ["role-alternation"]
    assert judge_any(cassette()) == ()


@pytest.mark.parametrize("subject", ["five.cassette.jsonl", None, [1]])
def test_anything_else_is_a_usage_error(subject: object) -> None:
    """It says what is wanted and what was found."""
    with pytest.raises(UsageError, match="is wanted, found"):
        judge_any(subject)  # type: ignore[arg-type]


def test_the_profile_is_the_one_named_then_the_headers_then_the_answers() -> None:
    """What the user names wins over what the recording says, and that over what its answers give away."""
    assert profile_of(cassette("vllm", "llama.cpp"), "openai").name == "openai"
    assert profile_of(cassette("vllm", "llama.cpp")).name == "vllm"
    assert profile_of(cassette("", "llama.cpp")).name == "llama.cpp"
    assert profile_of(cassette()).name == "unknown"


def test_a_profile_of_a_later_version_is_not_fatal() -> None:
    """A recording that names a server we do not know is judged as an unknown one."""
    assert not profile_of(cassette("server-of-2031")).known
