"""A recording, judged by the profile of its server."""

import msgspec

from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.core.scenario import Say, Scenario
from nexdiag.runner.judge import judge

REQUEST = Request(method="POST", url="http://h/v1/chat/completions", body=Body(raw=b'{"messages":[]}'))


def cassette(profile: str = "", server: str = "") -> Cassette:
    response = Response(status=200, headers=(("server", server),))
    exchange = Exchange(id=0, started=0.0, request=REQUEST, response=response)
    return Cassette(header=Header(profile=profile), exchanges=(exchange,), name="x.cassette.jsonl")


def test_a_run_is_called_as_its_file_is() -> None:
    """Several recordings of one scenario are told apart; where there is no file, the scenario's name is left."""
    scenario = Scenario(name="five", say=(Say(text="hi"),))
    named = msgspec.structs.replace(cassette(), header=Header(scenario=scenario), name="a/b/x.cassette.jsonl")
    assert judge(named).name == "x"
    assert judge(msgspec.structs.replace(named, name="")).name == "five"
    assert judge(named, name="mine").name == "mine"
