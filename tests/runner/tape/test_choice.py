"""What a test chooses about playing: faults, matching, splitting; with the real openai SDK."""

import json
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from nexdiag.core.errors import NothingToDo, Unmatched, UsageError
from nexdiag.core.fault import Fault
from nexdiag.runner.load import load
from nexdiag.runner.replaying.how import How
from nexdiag.runner.tape import use_cassette
from nexdiag.runner.tape.choice import choice
from nexdiag.runner.tape.modes import RecordMode

FIVE = Path(__file__).parents[3] / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl"
NOWHERE = "http://127.0.0.1:9"
REPLY = " beacon autumn granite copper"


def post(turn: int = 0) -> httpx.Response:
    """The recorded request, as any client may send it."""
    body = load(FIVE).exchanges[turn].request.body.join()
    with httpx.Client(trust_env=False) as client:
        return client.post(f"{NOWHERE}/v1/chat/completions", content=body)


def asked_by_sdk(*, max_retries: int = 2) -> str:
    """The first recorded question, asked and read by openai's SDK."""
    body = json.loads(load(FIVE).exchanges[0].request.body.join())
    with openai.OpenAI(base_url=f"{NOWHERE}/v1", api_key="x", max_retries=max_retries) as client:
        chunks = client.chat.completions.create(**body)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_texts_and_faults_are_the_same_choice() -> None:
    """One alone needs no list."""
    fault = Fault(kind="status", value="429", turn=1, retry_after=0.0)
    for given in ("status:429@1,retry-after=0", fault, ("status:429@1,retry-after=0",), [fault]):
        assert choice(RecordMode.NONE, faults=given) == How(faults=(fault,))


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"faults": "stauts:429"}, "status"),
        ({"faults": ["cut@x"]}, "cut@x"),
        ({"faults": [3]}, "wanted a fault as text or as Fault, found 3"),
        ({"faults": Fault(kind="status", value="20")}, "status"),
        ({"match": "exactly"}, "exactly"),
        ({"split": "bites"}, "bites"),
        ({"ignore": "no rule at all, is it"}, "no rule"),
    ],
)
def test_what_is_no_choice_is_told_at_once(chosen: dict[str, Any], said: str) -> None:
    """Before anything is read: the file need not be there."""
    with pytest.raises(UsageError, match=said):
        use_cassette("nowhere.cassette.jsonl", **chosen)


@pytest.mark.parametrize("mode", ["all", "rewrite"])
def test_faults_need_something_that_is_played(mode: str) -> None:
    """A mode that only records has no answers to lay them over."""
    with pytest.raises(UsageError, match="plays nothing"):
        use_cassette("x.cassette.jsonl", mode, faults="cut@1")


def test_a_refusal_is_retried_by_the_sdk_and_answered() -> None:
    """The first attempt gets 429, the second what was recorded; the tape tells the recording once as played."""
    with use_cassette(FIVE, faults=("status:429@1,retry-after=0",)) as tape:
        assert asked_by_sdk(max_retries=1) == REPLY
    assert [one.id for one in tape.played] == [0, 0]
    assert len(tape.unplayed) == 4


def test_a_refusal_that_stays_is_the_sdk_s_own_error() -> None:
    """As if the server had said it."""
    with use_cassette(FIVE, faults="status:429@1,times=9"), pytest.raises(openai.RateLimitError):
        asked_by_sdk(max_retries=0)


def test_a_stream_that_breaks_off_is_the_transport_s_error() -> None:
    """A reset in mid-stream comes out of the client as it would live."""
    with use_cassette(FIVE, faults="reset@1#2"), pytest.raises(httpx.ReadError):
        post()


def test_a_missing_piece_is_missing() -> None:
    """What the SDK reads lacks a word, and it cannot know."""
    with use_cassette(FIVE, faults="drop@1#3"):
        assert asked_by_sdk() != REPLY


@pytest.mark.parametrize("split", ["whole", "byte", "utf8", "data"])
def test_however_it_is_split_the_answer_is_the_same(split: str) -> None:
    """A client that depends on where its server cut the stream would fail here."""
    with use_cassette(FIVE, split=split):
        assert asked_by_sdk() == REPLY


def test_a_fault_that_struck_nothing_fails_the_block() -> None:
    """A test that believes to have seen a fault would prove nothing."""
    with pytest.raises(NothingToDo, match="cut@2"), use_cassette(FIVE, faults="cut@2#1"):
        post(0)


def test_a_fault_that_can_strike_nothing_is_told_on_entering() -> None:
    """The recording has no such turn."""
    with pytest.raises(UsageError, match="turn 9"), use_cassette(FIVE, faults="cut@9"):
        pass


def test_a_block_that_raised_keeps_its_own_error() -> None:
    """That a fault had nothing to strike is then no matter."""
    with pytest.raises(ZeroDivisionError), use_cassette(FIVE, faults="cut@2#1"):
        raise ZeroDivisionError


def test_what_is_ignored_does_not_count() -> None:
    """A request with another temperature is answered, with a rule that says so, and refused without."""
    body = json.loads(load(FIVE).exchanges[0].request.body.join()) | {"temperature": 0.125}
    url = f"{NOWHERE}/v1/chat/completions"
    with httpx.Client(trust_env=False) as client:
        with use_cassette(FIVE, ignore="/temperature"):
            assert client.post(url, json=body).status_code == 200
        with pytest.raises(Unmatched), use_cassette(FIVE):
            client.post(url, json=body)


def test_a_list_of_models_is_answered_while_playing_alone(tmp_path: Path) -> None:
    """While something is recorded too it is asked for live: what is made must not hide what the server says."""
    copy = tmp_path / "x.cassette.jsonl"
    copy.write_bytes(FIVE.read_bytes())
    with httpx.Client(trust_env=False) as client:
        with use_cassette(copy):
            assert client.get(f"{NOWHERE}/v1/models").json()["data"]
        for mode in ("new_episodes", "all"):
            with use_cassette(copy, mode), pytest.raises(httpx.ConnectError):
                client.get(f"{NOWHERE}/v1/models")
