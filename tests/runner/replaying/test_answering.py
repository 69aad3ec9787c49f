"""Promises of `nexdiag.runner.replaying.answering`."""

import json

import pytest

from nexdiag.core.body import Body
from nexdiag.core.cassette import Header
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.core.fault import Fault
from nexdiag.core.scenario import Say, Scenario
from nexdiag.replay.playback import Playback
from nexdiag.runner.redaction import redactor_for
from nexdiag.runner.replaying.answering import answers_of, with_scenario
from nexdiag.runner.replaying.how import How

KEY = "sk-proj-Zq8vT2nLw4Xc7Rb1Yd5Kf9Hj3Mg6Ps0"
"""A key that somebody put into a message; it opens nothing."""


def test_a_request_with_a_secret_finds_its_redacted_recording() -> None:
    """What the recorder replaced is replaced in what is asked, before the two are compared."""
    body = json.dumps({"messages": [{"role": "user", "content": f"use {KEY}"}]}).encode()
    asked = Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(body))
    kept = redactor_for((), (KEY,)).request(asked)
    assert KEY.encode() not in kept.body.join()
    found = Exchange(id=0, started=0.0, request=kept, response=Response(status=200))
    assert isinstance(answers_of(Header(), [found], How(), environ={"OPENAI_API_KEY": KEY}).take(asked), Playback)


def test_a_scenario_brings_its_faults_along_unless_others_are_asked_for() -> None:
    """Those of the command line stand for themselves; a text that is none is told."""
    header = Header(scenario=Scenario(name="s", say=(Say(text="Hi"),), faults=("reset@1",)))
    assert with_scenario(How(), header).faults == (Fault(kind="reset", turn=1),)
    mine = How(faults=(Fault(kind="cut", turn=2),))
    assert with_scenario(mine, header) is mine
    assert with_scenario(How(), Header()) == How()
    broken = Header(scenario=Scenario(name="s", say=(Say(text="Hi"),), faults=("rest@1",)))
    with pytest.raises(UsageError):
        with_scenario(How(), broken)
