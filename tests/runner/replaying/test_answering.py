"""Promises of `nexdiag.runner.replaying.answering`."""

import json

import msgspec
import pytest
from for_serving import exchange

from nexdiag.core.body import Body
from nexdiag.core.cassette import Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.core.fault import Fault
from nexdiag.core.scenario import Say, Scenario
from nexdiag.replay.playback import Playback
from nexdiag.runner.redaction import redactor_for
from nexdiag.runner.replaying.answering import answers_of, with_scenario
from nexdiag.runner.replaying.how import How

A = exchange(0, "a")
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


def test_a_redaction_of_the_header_that_may_take_for_ever_is_left_out_and_told() -> None:
    """The file may be anybody's, and nothing ends an expression that runs. The other redactions hold."""
    kept = exchange(0, "I am [redacted 7c9a2d10]")
    header = Header(redactions=("cust-[0-9]+", r"(\w|\s|.)*~~~$"))
    answers = answers_of(header, [kept], How(), environ={})
    (line,) = answers.unstruck()
    assert "is left out: it may take for ever" in line
    answers.take(exchange(0, "I am cust-1 " + "word " * 100).request)
    assert b"cust-1" not in answers.requests[0].body.join()


def test_what_is_told_of_a_request_is_hidden_as_its_recording_was() -> None:
    """By the header's patterns, the keys in use, and what a request before it carried."""
    answers = answers_of(Header(redactions=("cust-[0-9]+",)), [A], How(), environ={"OPENAI_API_KEY": KEY})
    mine = "MyPlainPassw0rdNoShape9"
    headers = (("authorization", f"Bearer {mine}"),)
    answers.take(Request(method="POST", url="http://h/v1/x", headers=headers, body=Body.of(b"{}")))
    shown = answers.hide(f"/v1/cust-1/{KEY}/{mine}?api_key=abc")
    assert not any(secret in shown for secret in ("cust-1", KEY, mine, "abc"))


def scenario(*faults: str) -> Header:
    return Header(scenario=Scenario(name="s", say=(Say(text="Hi"),), faults=faults))


def test_a_scenario_brings_its_faults_along_unless_others_are_asked_for() -> None:
    """Those of the command line stand for themselves, and all can be switched off."""
    header = scenario("reset@1")
    assert with_scenario(How(), header, [A])[0].faults == (Fault(kind="reset", turn=1),)
    mine = How(faults=(Fault(kind="cut", turn=2),))
    assert with_scenario(mine, header, [A]) == (mine, ())
    none = How(scenario_faults=False)
    assert with_scenario(none, header, [A]) == (none, ())
    assert with_scenario(How(), Header(), [A]) == (How(), ())


def test_a_fault_of_a_scenario_that_cannot_strike_is_told_and_one_of_another_turn_is_left_out() -> None:
    """It is no error: nobody asked for it. One turn alone is played without the faults of the others."""
    how, cannot = with_scenario(How(), scenario("reset@1", "reset@2", "reset@1.7"), [A])
    assert how.faults == (Fault(kind="reset", turn=1),)
    (line,) = cannot
    assert "reset@1.7 cannot strike" in line
    turnless = msgspec.structs.replace(A, turn=None)
    assert with_scenario(How(), scenario("reset@1"), [turnless])[0].faults


def test_a_scenario_with_a_fault_that_is_none_is_a_broken_recording() -> None:
    """An error of that file, so that others are played all the same."""
    with pytest.raises(CassetteError, match="rest"):
        with_scenario(How(), scenario("rest@1"), [A])


def test_each_recording_of_several_has_the_faults_of_its_own_scenario() -> None:
    """Neither those of the first over all, nor only those of the first."""
    exchanges = [A, exchange(1, "b"), exchange(2, "c")]
    scenarios = [
        (scenario("status:400@1"), exchanges[:1]), (Header(), exchanges[1:2]),
        (scenario("status:500@1", "reset@1.7"), exchanges[2:]),
    ]  # fmt: skip
    answers = answers_of(Header(), exchanges, How(), scenarios=scenarios)
    assert len(answers.unstruck()) == 3
    came = [answers.take(one.request) for one in exchanges]
    assert [one.status for one in came if isinstance(one, Playback)] == [400, 200, 500]
    (line,) = answers.unstruck()
    assert "reset@1.7" in line
    plain = answers_of(Header(), exchanges, How(scenario_faults=False), scenarios=scenarios)
    assert [one.status for one in map(plain.take, [one.request for one in exchanges]) if isinstance(one, Playback)] == [
        200, 200, 200,
    ]  # fmt: skip
