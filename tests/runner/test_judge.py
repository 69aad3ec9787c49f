"""A recording, judged by the profile of its server."""

from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.runner.judge import judge, profile_of

REQUEST = Request(method="POST", url="http://h/v1/chat/completions", body=Body(raw=b'{"messages":[]}'))


def cassette(profile: str = "", server: str = "") -> Cassette:
    response = Response(status=200, headers=(("server", server),))
    exchange = Exchange(id=0, started=0.0, request=REQUEST, response=response)
    return Cassette(header=Header(profile=profile), exchanges=(exchange,), name="x.cassette.jsonl")


def test_the_profile_is_the_one_named_then_the_headers_then_the_answers() -> None:
    """What the user names wins over what the recording says, and that over what its answers give away."""
    assert profile_of(cassette("vllm", "llama.cpp"), "openai").name == "openai"
    assert profile_of(cassette("vllm", "llama.cpp")).name == "vllm"
    assert profile_of(cassette("", "llama.cpp")).name == "llama.cpp"
    assert profile_of(cassette()).name == "unknown"


def test_a_profile_of_a_later_version_is_not_fatal() -> None:
    """A recording that names a server we do not know is judged as an unknown one."""
    assert not profile_of(cassette("server-of-2031")).known


def test_a_run_is_named_for_its_scenario_or_its_file() -> None:
    """A run without a scenario bears the name of its file."""
    assert judge(cassette()).name == "x.cassette.jsonl"
    assert judge(cassette(), name="mine").name == "mine"
