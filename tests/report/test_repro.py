"""The commands that show a failure again: each is run, and shows it."""

import shlex
import sys
from pathlib import Path

import msgspec
import pytest

from nexdiag.cli.app import run
from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Headers
from nexdiag.core.run import Run
from nexdiag.report.repro import again
from nexdiag.report.summary import run_facts
from nexdiag.runner.load import load

ROOT = Path(__file__).parents[2]
INCIDENT = ROOT / "cassettes" / "llama.cpp" / "incident-pushed-warning.cassette.jsonl"
REFUSED = ROOT / "cassettes" / "stub-of-sglang" / "incident-no-v1.cassette.jsonl"


def foreign(agent: str = "OpenAI/Python 1", command: str = "") -> Cassette:
    """The incident, as another client would have been recorded."""
    cassette = load(INCIDENT)
    exchanges = tuple(
        msgspec.structs.replace(
            one, request=msgspec.structs.replace(one.request, headers=Headers((("user-agent", agent),)))
        )
        for one in cassette.exchanges
    )
    header = msgspec.structs.replace(cassette.header, command=command, scenario=None)
    return msgspec.structs.replace(cassette, exchanges=exchanges, header=header)


def commands(cassette: Cassette, session: str = "") -> list[str]:
    return list(again(run_facts(Run(name="a", cassette=cassette, profile="llama.cpp")), "F", 2, session))


def test_only_what_shows_the_failure_is_told() -> None:
    """Ours says a turn again; another client is run, if its command is known whole; the request is sent again."""
    curl = "nexdiag report F --curl 2 | sh"
    assert commands(load(INCIDENT)) == ["nexdiag replay F --turn 2", curl]
    assert commands(load(INCIDENT), "a b") == ["nexdiag report F --session 'a b' --curl 2 | sh"]
    assert commands(foreign()) == [curl]
    assert commands(foreign(command="./agent hi; rm x")) == ["nexdiag replay F -- ./agent 'hi;' rm x", curl]
    for command in ("./agent --key '[redacted 1]'", "./agent \x1b[2J", "./agent 'a\nb'", "x" * 2000):
        assert commands(foreign(command=command)) == [curl]


@pytest.mark.parametrize(
    ("recording", "shows"), [(INCIDENT, "NX101 gone, nothing new"), (REFUSED, "it failed, as recorded: HTTP 404")]
)
def test_our_executor_shows_it(recording: Path, shows: str, capsys: pytest.CaptureFixture[str]) -> None:
    """That it is mended, or that it fails again, in the words of the recording."""
    turn = next(one.number for one in load(recording).turns if one.outcome == "failed")
    facts = run_facts(Run(name="a", cassette=load(recording), profile="llama.cpp"))
    told, _ = again(facts, shlex.quote(str(recording)), turn)
    assert run(shlex.split(told)[1:]) == 0
    assert shows in capsys.readouterr().out


def test_another_client_shows_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its command gets the recorded refusal again."""
    client = tmp_path / "client.py"
    client.write_text(CLIENT)
    cassette = load(INCIDENT)
    bodies = [one.request.body.join() for one in cassette.exchanges[:2]]
    (tmp_path / "bodies").write_bytes(b"\0".join(bodies))
    command = shlex.join([sys.executable, str(client), str(tmp_path / "bodies")])
    path = tmp_path / "foreign.cassette.jsonl"
    path.write_bytes(codec.encode(foreign(command=command)))
    facts = run_facts(Run(name="a", cassette=load(path), profile="llama.cpp"))
    told, _ = again(facts, shlex.quote(str(path)), 2)
    assert told == f"nexdiag replay {path} -- {command}"
    run(shlex.split(told)[1:])
    assert "refused with" in capfd.readouterr().out


CLIENT = """
import os, sys, urllib.error, urllib.request
for body in open(sys.argv[1], "rb").read().split(b"\\0"):
    asked = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", body,
                                   {"content-type": "application/json", "user-agent": "OpenAI/Python 1"})
    try:
        urllib.request.urlopen(asked).read()
    except urllib.error.HTTPError as error:
        print("refused with", error.code, error.read().decode())
        sys.exit(1)
"""
