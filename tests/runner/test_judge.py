"""A recording, judged by the profile of its server."""

from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.runner.judge import judge

REQUEST = Request(method="POST", url="http://h/v1/chat/completions", body=Body(raw=b'{"messages":[]}'))


def cassette(profile: str = "", server: str = "") -> Cassette:
    response = Response(status=200, headers=(("server", server),))
    exchange = Exchange(id=0, started=0.0, request=REQUEST, response=response)
    return Cassette(header=Header(profile=profile), exchanges=(exchange,), name="x.cassette.jsonl")


def test_a_run_is_named_for_its_scenario_or_its_file() -> None:
    """A run without a scenario bears the name of its file."""
    assert judge(cassette()).name == "x.cassette.jsonl"
    assert judge(cassette(), name="mine").name == "mine"
