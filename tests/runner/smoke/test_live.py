"""A live smoke: through init, daemon, chat, recorder, as a user would."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from model_server import answers, calls, chunk, holds, http, sends, stream_head
from model_server import serving as playing

from nexdiag.agent.daemon import lifecycle
from nexdiag.agent.setup import Wanted
from nexdiag.codec.scenario import of_texts
from nexdiag.core.errors import CassetteError, EndpointError, UsageError
from nexdiag.core.scenario import Expectation, Say, Scenario
from nexdiag.endpoint import llama, serving, stub
from nexdiag.lint import profiles
from nexdiag.report.summary import run_facts
from nexdiag.runner.judge import judge
from nexdiag.runner.load import load
from nexdiag.runner.replaying.rerun import rerun
from nexdiag.runner.smoke.live import Smoke, Spoken, smoke

FIVE = of_texts("five", ("One.", "Two.", "Three.", "Four.", "Five."))


@pytest.mark.real
@pytest.mark.usefixtures("executed")
def test_nex_five_messages_back_to_back(tmp_path: Path) -> None:
    """Five messages through the daemon against a real llama.cpp: five answers, each turn recorded and replayable."""
    told: list[Spoken] = []
    with llama.running() as url:
        target = Wanted(url=url, model="nex:tiny", profile="llama.cpp-strict")
        done = smoke(
            FIVE, target, state=tmp_path / "state", cassette=tmp_path / "five.cassette.jsonl", told=told.append
        )
    assert [turn.error for turn in told] == [None] * 5
    assert all(turn.reply for turn in told)
    assert done.passed
    cassette = done.run.cassette
    assert [len(turn.exchanges) for turn in cassette.turns] == [1] * 5
    assert all(any("answered" in line.text for line in turn.log) for turn in cassette.turns)
    assert {exchange.response.header("server") for exchange in cassette.exchanges if exchange.response} == {"llama.cpp"}
    again = rerun(cassette)
    assert {turn.outcome for turn in again.replayed} == {"exact"}
    assert again.session is not None
    assert done.run.session is not None
    assert again.session.messages == done.run.session.messages
    assert lifecycle.status(tmp_path / "state") is None


def test_what_was_expected_and_did_not_hold_is_told(tmp_path: Path) -> None:
    """A smoke passes only if every expectation holds; each that does not is named with its turn."""
    wanted = Expectation(contains=("blue",), tools=("glob",), finish="length")
    say = (Say(text="Say blue.", expect=wanted), Say(text="And again.", expect=Expectation(matches=("^Red again",))))
    scenario = msgspec.structs.replace(FIVE, say=say, tools=("glob",))
    told: list[Spoken] = []
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("Red.", "Red again."))) as url:
        target = Wanted(url=url, model="m")
        done = smoke(scenario, target, state=tmp_path / "s", cassette=tmp_path / "c.cassette.jsonl", told=told.append)
    assert not done.passed
    live = ("the answer lacks 'blue'", "tool glob was not called")
    assert [turn.unmet for turn in told] == [live, ()]
    assert [turn.unmet for turn in done.spoken] == [(*live, "the last reply ended with 'stop', expected 'length'"), ()]


def test_what_did_not_hold_stands_in_the_recording(tmp_path: Path) -> None:
    """Whoever reads the file later is not told that all was well; a replay of it is as exact as before."""
    say = (Say(text="Say red."), Say(text="Say blue.", expect=Expectation(contains=("blue",), finish="length")))
    path = tmp_path / "c.cassette.jsonl"
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("Red.", "Red."))) as url:
        scenario = msgspec.structs.replace(FIVE, say=say)
        done = smoke(scenario, Wanted(url=url, model="m"), state=tmp_path / "s", cassette=path)
    wanted = [
        (2, "expected: the answer lacks 'blue'"),
        (2, "expected: the last reply ended with 'stop', expected 'length'"),
    ]
    for recorded in (load(path), done.run.cassette):
        assert [(line.turn, line.text) for line in recorded.log if line.level == "ERROR"] == wanted
    facts = run_facts(judge(load(path)))
    assert (facts.verdict.word, facts.weighs) == ("failed", True)
    assert facts.verdict.sentence.startswith("turn 2 of 2 was not as expected: the answer lacks 'blue'")
    assert {turn.outcome for turn in rerun(load(path)).replayed} == {"exact"}


async def refusing(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's types
    """A server that refuses every chat with the words of a strict template."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"application/json")]})
    body = b'{"error": {"message": "Conversation roles must alternate user/assistant/user/assistant/..."}}'
    await send({"type": "http.response.body", "body": body})


def test_a_refused_turn_is_recorded_and_told_and_does_not_end_the_smoke(tmp_path: Path) -> None:
    """When the server refuses, the user is told in its words, the recording holds it, and the rest is said."""
    with serving.running(refusing) as url:
        target = Wanted(url=f"{url}/v1/chat/completions", model="local:m")
        done = smoke(
            of_texts("two", ("One.", "Two.")), target, state=tmp_path / "s", cassette=tmp_path / "c.cassette.jsonl"
        )
    assert not done.passed
    assert ["roles must alternate" in (turn.error or "") for turn in done.spoken] == [True, True]
    assert [turn.outcome for turn in done.run.cassette.turns] == ["failed", "failed"]
    assert [exchange.response.status for exchange in done.run.cassette.exchanges if exchange.response] == [400, 400]
    assert [finding.rule for finding in done.run.findings] == ["system-role-unsupported"]


def test_a_cassette_that_exists_is_not_overwritten(tmp_path: Path) -> None:
    """Recording onto an existing file is refused before anything is sent, and the file stays."""
    cassette = tmp_path / "c.cassette.jsonl"
    cassette.write_text("mine")
    with (
        serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url,
        pytest.raises(CassetteError, match="exists"),
    ):
        smoke(FIVE, Wanted(url=url, model="m"), state=tmp_path / "s", cassette=cassette)
    assert cassette.read_text() == "mine"


def test_an_answer_is_expected_unless_the_scenario_says_otherwise(tmp_path: Path) -> None:
    """A refused turn fails the smoke by default; with answer = false its findings alone do."""
    says = (Say(text="One."), Say(text="Two.", expect=Expectation(answer=False)))
    with serving.running(refusing) as url:
        done = smoke(
            msgspec.structs.replace(FIVE, say=says),
            Wanted(url=url, model="m"),
            state=tmp_path / "s",
            cassette=tmp_path / "c.cassette.jsonl",
        )
    assert [bool(turn.unmet) for turn in done.spoken] == [True, False]


def test_a_finding_of_weight_fails_the_smoke(tmp_path: Path) -> None:
    """Even where no answer was expected: the server refused what was sent."""
    scenario = msgspec.structs.replace(FIVE, say=(Say(text="One.", expect=Expectation(answer=False)),))
    with serving.running(refusing) as url:
        wanted = Wanted(url=url, model="m")
        done = smoke(scenario, wanted, state=tmp_path / "s", cassette=tmp_path / "c.cassette.jsonl")
    assert [turn.unmet for turn in done.spoken] == [()]
    assert not done.passed


@pytest.mark.parametrize(("limits", "sent"), [({"max_tokens": 77}, 77), ({"window": 300}, 75)])
def test_the_scenarios_limits_reach_the_wire(tmp_path: Path, limits: dict[str, int], sent: int) -> None:
    """Window and max_tokens of the scenario are what the daemon sends, and the recording replays exactly."""
    scenario = msgspec.structs.replace(FIVE, say=FIVE.say[:1], **limits)
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        wanted = Wanted(url=url, model="m")
        done = smoke(scenario, wanted, state=tmp_path / "s", cassette=tmp_path / "c.cassette.jsonl")
    body = msgspec.json.decode(done.run.cassette.exchanges[0].request.body.join())
    assert body["max_tokens"] == done.run.cassette.header.max_tokens == sent
    assert {turn.outcome for turn in rerun(done.run.cassette).replayed} == {"exact"}


def test_an_endpoint_that_never_answered_could_not_be_smoked(tmp_path: Path) -> None:
    """Nothing listens there: an endpoint error, not a list of failed turns; what was tried is kept."""
    cassette = tmp_path / "c.cassette.jsonl"
    with pytest.raises(EndpointError, match="never answered"):
        smoke(
            of_texts("one", ("One.",)),
            Wanted(url="http://127.0.0.1:9", model="m"),
            state=tmp_path / "s",
            cassette=cassette,
        )
    assert load(cassette).exchanges
    assert lifecycle.status(tmp_path / "s") is None


def test_a_recording_that_is_not_whole_is_an_error(tmp_path: Path) -> None:
    """The disk fills up after the first turn: all answers come, and the smoke says that the recording lacks some."""
    program = """
import resource, sys
from pathlib import Path
from nexdiag.agent.setup import Wanted
from nexdiag.codec.scenario import of_texts
from nexdiag.core.errors import CassetteError, EndpointError, UsageError
from nexdiag.runner.smoke.live import smoke
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
home = Path(sys.argv[2])
try:
    smoke(of_texts("five", ("One.",) * 5), Wanted(url=sys.argv[1], model="m"), state=home / "s", cassette=home / "c")
except CassetteError as error:
    print(error.what)
"""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        command = [sys.executable, "-c", program, url, str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "the recording is not whole" in done.stdout
    assert "recording stopped" in done.stdout


def test_an_expression_that_does_not_compile_is_told_before_anything_is_started(tmp_path: Path) -> None:
    """As the user's fault."""
    cassette = tmp_path / "c.cassette.jsonl"
    with pytest.raises(UsageError):
        smoke(FIVE, Wanted(url="http://127.0.0.1:9", model="m"), state=tmp_path / "s", cassette=cassette, redact=["("])
    assert not cassette.exists()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"scenario": msgspec.structs.replace(FIVE, tools=("bsh",))}, "no such tool"),
        ({"scenario": of_texts("empty", ("One.", " "))}, "empty message"),
        ({"scenario": of_texts("long", ("x" * 20_000_000,))}, "can be sent"),
        ({"scenario": msgspec.structs.replace(FIVE, repeat=0)}, "above 0"),
        ({"target": Wanted(url="http://127.0.0.1:9", model="m", key_variable="NOT_SET_ANYWHERE")}, "NOT_SET_ANYWHERE"),
        ({"target": Wanted(url="nonsense", model="m")}, "http or https URL"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_started(tmp_path: Path, wrong: dict[str, Any], error: str) -> None:
    """A usage error that names it; no daemon, no cassette."""
    target = wrong.get("target", Wanted(url="http://127.0.0.1:9", model="m"))
    with pytest.raises(UsageError, match=error):
        smoke(wrong.get("scenario", FIVE), target, state=tmp_path / "s", cassette=tmp_path / "c.cassette.jsonl")
    assert not (tmp_path / "c.cassette.jsonl").exists()
    assert not (tmp_path / "s" / "service").exists()


def played(url: str, home: Path, *say: Say, **more: Any) -> Smoke:  # noqa: ANN401 - the keys of a scenario
    """A smoke of these messages."""
    scenario = Scenario(name="mine", say=say, **more)
    target = Wanted(url=url, model="m")
    return smoke(scenario, target, state=home / "w" / "s", cassette=home / "mine.cassette.jsonl")


STRICT = "Conversation roles must alternate user/assistant/user/assistant/..."


def test_a_second_message_that_breaks_is_told_as_the_one_that_broke(tmp_path: Path) -> None:
    """The founding case: the first is answered, the second is refused, in the server's words, and nothing else is."""
    refused = sends(http(msgspec.json.encode({"error": {"message": STRICT}}), "400 Bad Request"))
    with playing(answers("Yes."), refused) as server:
        server.only_chats = True
        done = played(server.url, tmp_path, Say(text="One."), Say(text="Two."))
    first, second = done.spoken
    assert first.ok
    (unmet,) = second.unmet
    assert unmet.startswith("an answer was expected:")
    assert STRICT in unmet
    assert second.outcome == "failed"
    assert [finding.location.turn for finding in done.run.findings if finding.weighs] == [2]


def test_each_repetition_is_a_chat_of_its_own(tmp_path: Path) -> None:
    """Turns are counted anew, and nothing of the one is sent in the other; a repeated message stays in its chat."""
    with playing(answers("Yes.")) as server:
        server.only_chats = True
        done = played(server.url, tmp_path, Say(text="One.", repeat=2), Say(text="Two."), repeat=2)
    assert [(one.number, one.turn, one.place) for one in done.spoken] == [
        *((1, 1, 0), (2, 2, 0), (3, 3, 1)),
        *((4, 1, 0), (5, 2, 0), (6, 3, 1)),
    ]
    assert len({one.chat for one in done.spoken}) == 2
    said = [[one["content"] for one in asked.messages if one["role"] == "user"] for asked in server.asked]
    assert said == [["One."], ["One.", "One."], ["One.", "One.", "Two."]] * 2
    assert done.passed
    assert len(done.run.cassette.turns) == 6


def test_calls_of_one_reply_are_seen(tmp_path: Path) -> None:
    """Two tools at once: both run, and the expectation that they come together holds."""
    both = sends(stream_head(), calls(("a", "glob", '{"pattern": "*"}'), ("b", "glob", '{"pattern": "*.md"}')))
    expect = Expectation(tools=("glob",), calls=2, together=2, finish="stop")
    with playing(both, answers("Nothing there.")) as server:
        server.only_chats = True
        done = played(server.url, tmp_path, Say(text="Look.", expect=expect), tools=("glob", "grep"))
    assert done.passed, done.spoken
    (one,) = done.spoken
    assert (one.tools, one.together, one.outcome) == (("glob", "glob"), 2, "answered")


def test_a_smoke_goes_on_after_a_cancel_and_a_kill(tmp_path: Path) -> None:
    """Both in mid-stream. What was recorded before the kill and after it stands in one cassette; nothing is lost."""
    never = threading.Event()
    half = holds(never, stream_head() + chunk({"role": "assistant", "content": "half"}))
    say = (
        Say(text="One.", cancel_after="first_text", expect=Expectation(outcome="cancelled")),
        Say(text="Two.", kill_daemon="first_text", expect=Expectation(outcome="answered", finish="stop")),
        Say(text="Three."),
    )
    with playing(half, half, answers("Whole.")) as server:
        server.only_chats = True
        done = played(server.url, tmp_path, *say)
        never.set()
    assert [(one.done, one.reply, one.unmet, one.unchecked) for one in done.spoken] == [
        ("cancelled", None, (), ()),
        ("killed", "Whole.", (), ()),
        ("", "Whole.", (), ()),
    ]
    assert done.passed, done.run.findings
    outcomes = [turn.outcome for turn in done.run.cassette.turns]
    assert outcomes == ["cancelled", "unfinished", "answered", "answered"]
    assert lifecycle.status(tmp_path / "w" / "s") is None


def test_a_slash_command_may_be_said(tmp_path: Path) -> None:
    """The daemon answers it: no turn is missed in the recording."""
    with playing(answers("Yes.")) as server:
        server.only_chats = True
        done = played(server.url, tmp_path, Say(text="One."), Say(text="/status"), Say(text="Two."))
    assert done.passed, done.spoken
    assert [one.turn for one in done.spoken] == [1, 0, 2]
    assert len(server.asked) == 2


def test_an_error_in_the_daemons_log_breaks_its_turn(tmp_path: Path) -> None:
    """The answer came, and yet something went wrong; a turn that was refused is no error beside itself."""
    log = tmp_path / "w" / "s" / "service" / "daemon.log"

    def faulty(asked: Any, wire: Any) -> None:  # noqa: ANN401 - a request and a socket
        with log.open("a") as out:
            out.write("2026-05-20T14:03:11.482Z [ERROR] chat 0: something else broke\n")
        answers("Yes.")(asked, wire)

    refused = sends(http(b"{}", "400 Bad Request"))
    quiet = Say(text="Three.", expect=Expectation(answer=False))
    with playing(faulty, faulty, refused) as server:
        server.only_chats = True
        allowed = Say(text="Two.", expect=Expectation(log_errors=True))
        done = played(server.url, tmp_path, Say(text="One."), allowed, quiet)
    assert [one.unmet for one in done.spoken] == [
        ("the daemon logged an error: chat 0: something else broke",),
        (),
        (),
    ]


def test_no_secret_that_a_model_says_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model may say the key that it was asked with: neither progress nor verdict show it."""
    key = "my-very-own-key-0123456789"
    monkeypatch.setenv("SMOKE_KEY", key)
    told: list[Spoken] = []
    with playing(answers(f"Order 4711. Your key is {key}")) as server:
        server.only_chats = True
        done = smoke(
            msgspec.structs.replace(FIVE, say=(Say(text="One.", expect=Expectation(matches=(f"{key}$", "else"))),)),
            Wanted(url=server.url, model="m", key_variable="SMOKE_KEY"),
            state=tmp_path / "s",
            cassette=tmp_path / "c.cassette.jsonl",
            told=told.append,
            redact=[r"Order \d+"],
        )
    assert key not in f"{told}{done.spoken}"
    assert "4711" not in f"{told}{done.spoken}"
    assert "Your key is [redacted" in (told[0].reply or "")
    recorded = (tmp_path / "c.cassette.jsonl").read_bytes()
    assert b"4711" not in recorded
    assert key.encode() not in recorded  # nor what the scenario in its header expects
    assert told[0].unmet == ("the answer does not match 'else'",)  # judged by what was said, not by what is shown


INTERRUPTED = """
import sys
from pathlib import Path
from nexdiag.agent.setup import Wanted
from nexdiag.codec.scenario import of_texts
from nexdiag.runner.smoke.live import Interrupted, smoke
home = Path(sys.argv[2])
target = Wanted(url=sys.argv[1], model="m")
try:
    smoke(of_texts("two", ("One.", "Two.")), target, state=home / "s", cassette=home / "c.cassette.jsonl")
except Interrupted as stopped:
    print([one.reply for one in stopped.smoke.spoken], len(stopped.smoke.run.cassette.exchanges))
"""


def test_ctrl_c_keeps_what_was_recorded(tmp_path: Path) -> None:
    """In the midst of the second answer: the first is told and recorded, the half one too, and the daemon is gone."""
    never = threading.Event()
    half = holds(never, stream_head() + chunk({"role": "assistant", "content": "half"}))
    with playing(answers("Yes."), half) as server:
        server.only_chats = True
        command = [sys.executable, "-c", INTERRUPTED, server.url, str(tmp_path)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        server.wait(2)
        os.kill(child.pid, signal.SIGINT)
        out, _ = child.communicate(timeout=30)
        never.set()
    assert out == "['Yes.'] 2\n"
    assert lifecycle.status(tmp_path / "s") is None
    assert load(tmp_path / "c.cassette.jsonl").turns[0].reply == "Yes."
