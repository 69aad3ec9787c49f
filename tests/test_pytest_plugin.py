"""The pytest plugin, in real inner pytests."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from for_serving import body, exchange, write

from nexdiag.core.scenario import Say, Scenario
from nexdiag.runner.load import load

INNER = """
import urllib.error, urllib.request, json
import pytest

def ask(url, messages):
    body = json.dumps({"model": "m", "messages": messages}).encode()
    request = urllib.request.Request(url + "/v1/chat/completions", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["choices"][0]["message"]["content"]

HI = {"role": "user", "content": "hi"}

@pytest.mark.nexdiag(like="llama.cpp-strict", script=["Hello."])
def test_answered(nexdiag_endpoint):
    assert ask(nexdiag_endpoint, [HI]) == "Hello."

@pytest.mark.nexdiag(like="llama.cpp-strict")
def test_refused(nexdiag_endpoint):
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(nexdiag_endpoint, [HI, HI])
    assert b"roles must alternate" in refused.value.read()

def test_unmarked(nexdiag_endpoint):
    assert ask(nexdiag_endpoint, [HI])
"""


FIVE = Path(__file__).parents[1] / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl"
REPLAYS = """
import json, pathlib
import openai, pytest

QUESTIONS = [json.loads(one) for one in pathlib.Path("questions.jsonl").read_text().splitlines()]

def say(url, question, retries=0):
    with openai.OpenAI(base_url=url + "/v1", api_key="x", max_retries=retries) as client:
        chunks = client.chat.completions.create(**question)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)

@pytest.mark.nexdiag(cassette="five.cassette.jsonl")
def test_all(nexdiag_replay):
    assert [say(nexdiag_replay, one) for one in QUESTIONS][0] == " beacon autumn granite copper"

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", faults=["status:429@1"], unplayed=True)
def test_refused_once(nexdiag_replay):
    assert say(nexdiag_replay, QUESTIONS[0], retries=1) == " beacon autumn granite copper"

@pytest.mark.nexdiag(cassette="five.cassette.jsonl")
def test_unplayed(nexdiag_replay):
    say(nexdiag_replay, QUESTIONS[0])

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", unplayed=True)
def test_unmatched(nexdiag_replay):
    with pytest.raises(openai.APIStatusError):
        say(nexdiag_replay, QUESTIONS[0] | {"temperature": 0.125})

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", unplayed=True)
def test_unmatched_and_failed(nexdiag_replay):
    say(nexdiag_replay, QUESTIONS[0] | {"temperature": 0.125})

@pytest.mark.nexdiag(cassette="five.cassette.jsonl")
def test_unasked(nexdiag_replay):
    pass

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", faults="cut@2#1", unplayed=True)
def test_unstruck(nexdiag_replay):
    say(nexdiag_replay, QUESTIONS[0])
"""
EACH = (
    REPLAYS.partition("@pytest")[0]
    + """
@pytest.mark.nexdiag(cassette="five.cassette.jsonl", faults="all", unplayed=True)
def test_each(nexdiag_replay):
    try:
        say(nexdiag_replay, QUESTIONS[0], retries=1)
    except Exception:
        pass
"""
)


def recorded(tmp_path: Path) -> None:
    """The recording beside the test, and what was asked in it."""
    (tmp_path / "five.cassette.jsonl").write_bytes(FIVE.read_bytes())
    bodies = [exchange.request.body.join() for exchange in load(FIVE).exchanges]
    (tmp_path / "questions.jsonl").write_bytes(b"\n".join(bodies))


def inner(tmp_path: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "test_inner.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)


def test_a_marked_test_gets_a_server_with_those_manners(tmp_path: Path) -> None:
    """The marker passes --strict-markers; the endpoint answers by its script and refuses as its server does."""
    done = inner(tmp_path, INNER, "--strict-markers", "-W", "error")
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_an_unknown_server_is_an_error_of_that_test(tmp_path: Path) -> None:
    """It names the profile and the nearest one."""
    text = INNER.replace('like="llama.cpp-strict")', 'like="llama.cp")')
    done = inner(tmp_path, text)
    assert "unknown profile 'llama.cp'" in done.stdout


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ('"llama.cpp"', ["wanted keys, found 'llama.cpp' by position", "nexdiag(like='llama.cpp')"]),
        ('lik="vllm"', ["unknown key 'lik'", "did you mean like?"]),
        ("quux=1", ["unknown key 'quux'", "known: like, script"]),
        ('script="Hello."', ["wanted a list of answers as script, found 'Hello.'", "script=['Hello.']"]),
        ("script=[1]", ["wanted a list of answers as script, found [1]"]),
        ("like=None", ["wanted a profile's name as like, found None"]),
    ],
)  # fmt: skip
def test_a_marker_of_another_form_is_told(tmp_path: Path, marker: str, said: list[str]) -> None:
    """Nothing in a marker is ignored: the test that has it fails with what to write, and no traceback."""
    text = f"import pytest\n\n@pytest.mark.nexdiag({marker})\ndef test_it(nexdiag_endpoint): pass\n"
    done = inner(tmp_path, text)
    assert "1 error" in done.stdout
    for words in said:
        assert words in done.stdout
    assert "Traceback" not in done.stdout
    assert "pytest_plugin.py" not in done.stdout


def test_a_suite_that_does_not_ask_pays_nothing(tmp_path: Path) -> None:
    """With the plugin loaded, a test that asks for nothing imports no room of nexdiag and no HTTP library."""
    text = """
import sys
def test_nothing_is_there():
    rooms = [name for name in sys.modules if name.startswith("nexdiag.") and name != "nexdiag.pytest_plugin"]
    assert [name for name in rooms if not name.startswith("nexdiag.core")] == []
    assert "httpx" not in sys.modules and "uvicorn" not in sys.modules
"""
    done = inner(tmp_path, text)
    assert "1 passed" in done.stdout, done.stdout


def test_a_recording_answers_and_what_is_not_as_recorded_fails_the_test(tmp_path: Path) -> None:
    """With the real openai SDK: a test fails at its end, not in its teardown, and says what to look at."""
    recorded(tmp_path)
    done = inner(tmp_path, REPLAYS, "--strict-markers", "-W", "error", "-rA")
    told = done.stdout
    assert "5 failed, 2 passed" in told, told + done.stderr
    for name in ("all", "refused_once"):
        assert f"PASSED test_inner.py::test_{name}" in told
    assert "ERROR" not in told
    parts = dict(part.split(" _", 1) for part in told.split("\n____")[1:] if " _" in part)
    by_name = {name.strip("_ "): text for name, text in parts.items()}
    assert "turn 2" in by_name["test_unplayed"]
    assert "/temperature" in by_name["test_unmatched"]
    assert "/temperature" in by_name["test_unmatched_and_failed"]
    assert "InternalServerError" in by_name["test_unmatched_and_failed"]
    assert "no request came" in by_name["test_unasked"]
    assert "the fault cut@2#1 has struck nothing" in by_name["test_unstruck"]


SETTINGS = (
    REPLAYS.partition("@pytest")[0]
    + """
@pytest.mark.nexdiag(cassette="five.cassette.jsonl")
def test_set(nexdiag_replay):
    assert say(nexdiag_replay, QUESTIONS[0] | {"temperature": 0.125})

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", ignore="/seed", unplayed=True)
def test_both(nexdiag_replay):
    assert say(nexdiag_replay, QUESTIONS[0] | {"temperature": 0.125, "seed": 7})

@pytest.mark.nexdiag(cassette="five.cassette.jsonl", unplayed=False)
def test_marked(nexdiag_replay):
    assert say(nexdiag_replay, QUESTIONS[0])
"""
)


def test_what_a_marker_leaves_open_the_settings_say(tmp_path: Path) -> None:
    """As for `nexdiag replay`: rules add up, and of all else the marker counts."""
    recorded(tmp_path)
    (tmp_path / "nexdiag.toml").write_text('[replay]\nignore = ["/temperature"]\nunplayed = true\n')
    done = inner(tmp_path, SETTINGS)
    assert "1 failed, 2 passed" in done.stdout, done.stdout
    assert "FAILED test_inner.py::test_marked" in done.stdout
    (tmp_path / "nexdiag.toml").write_text('[replay]\nignroe = ["/temperature"]\n')
    wrong = inner(tmp_path, SETTINGS)
    assert "3 errors" in wrong.stdout
    assert "nexdiag.toml:2" in wrong.stdout


def test_a_test_that_fails_by_pytest_fail_tells_what_was_not_as_recorded_too(tmp_path: Path) -> None:
    """Its failure is no Exception."""
    recorded(tmp_path)
    text = (
        REPLAYS.partition("@pytest")[0]
        + """
@pytest.mark.nexdiag(cassette="five.cassette.jsonl")
def test_it(nexdiag_replay):
    say(nexdiag_replay, QUESTIONS[0])
    pytest.fail("in its own words")
"""
    )
    done = inner(tmp_path, text)
    assert "in its own words" in done.stdout
    assert "Captured nexdiag call" in done.stdout
    assert "turn 2" in done.stdout


def test_faults_all_over_a_recording_that_none_can_strike_is_no_silent_skip(tmp_path: Path) -> None:
    """All that was recorded is a refusal, for example."""
    write(tmp_path / "refused.cassette.jsonl", exchange(0, "a", status=400))
    text = """
import pytest

@pytest.mark.nexdiag(cassette="refused.cassette.jsonl", faults="all")
def test_it(nexdiag_replay): pass
"""
    done = inner(tmp_path, text)
    assert "1 error" in done.stdout, done.stdout
    assert "no fault can strike an answer of refused.cassette.jsonl" in done.stdout


def test_a_marker_switches_the_faults_of_a_scenario_off(tmp_path: Path) -> None:
    """They are laid over the replay unless it does."""
    scenario = Scenario(name="s", say=(Say(text="a"),), faults=("status:400@1",))
    write(tmp_path / "x.cassette.jsonl", exchange(0, "a"), scenario=scenario)
    (tmp_path / "questions.jsonl").write_text(json.dumps(body("a")))
    text = (
        REPLAYS.partition("@pytest")[0]
        + """
@pytest.mark.nexdiag(cassette="x.cassette.jsonl", faults="none")
def test_off(nexdiag_replay):
    with openai.OpenAI(base_url=nexdiag_replay + "/v1", api_key="x") as client:
        assert client.chat.completions.create(**QUESTIONS[0])

@pytest.mark.nexdiag(cassette="x.cassette.jsonl")
def test_on(nexdiag_replay):
    with openai.OpenAI(base_url=nexdiag_replay + "/v1", api_key="x") as client, pytest.raises(openai.BadRequestError):
        client.chat.completions.create(**QUESTIONS[0])
"""
    )
    done = inner(tmp_path, text)
    assert "2 passed" in done.stdout, done.stdout


def test_faults_all_is_a_run_for_each_fault_at_each_place(tmp_path: Path) -> None:
    """Named by the fault, so that one of them can be run alone."""
    recorded(tmp_path)
    listed = inner(tmp_path, EACH, "--collect-only")
    assert "test_each[garble:" in listed.stdout, listed.stdout + listed.stderr
    assert listed.stdout.count("test_each[") > 100
    alone = [line for line in listed.stdout.splitlines() if "[drop@1#" in line or "[no-done@1]" in line]
    done = inner(tmp_path, EACH, *alone)
    assert f"{len(alone)} passed" in done.stdout, done.stdout


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("", ["nexdiag_replay wants a recording", "cassette='weather.cassette.jsonl'"]),
        ("cassette=3", ["wants a recording, found 3"]),
        ('cassette="nowhere.cassette.jsonl"', ["no recording 'nowhere.cassette.jsonl': looked in"]),
        ('cassette="five.cassette.jsonl", faults="cot@1"', ["did you mean 'cut'?"]),
        ('cassette="five.cassette.jsonl", faults="cut@9"', ["wanted turn 9, found turns 1 to 5"]),
        ('cassette="five.cassette.jsonl", math="exact"', ["unknown key 'math'", "did you mean match?"]),
        ('cassette="five.cassette.jsonl", like="vllm"', ["unknown key 'like'", "it is for nexdiag_endpoint"]),
        ('"five.cassette.jsonl"', ["by position", "nexdiag(cassette='five.cassette.jsonl')"]),
    ],
)  # fmt: skip
def test_a_recording_that_cannot_be_played_is_told(tmp_path: Path, marker: str, said: list[str]) -> None:
    """With what to write, and no traceback."""
    recorded(tmp_path)
    text = f"import pytest\n\n@pytest.mark.nexdiag({marker})\ndef test_it(nexdiag_replay): pass\n"
    done = inner(tmp_path, text)
    assert "1 error" in done.stdout, done.stdout
    for words in said:
        assert words in done.stdout
    assert "Traceback" not in done.stdout
