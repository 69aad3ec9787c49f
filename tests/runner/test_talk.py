"""The executor in a terminal."""

import json
from pathlib import Path

import pytest

from nexdiag.agent import config as configuration
from nexdiag.agent.driver import Driver
from nexdiag.agent.setup import Wanted, set_up
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import UsageError
from nexdiag.core.turn import Turn
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.host import Crew
from nexdiag.runner.talk import Asked, Talk, Wishes, prepare, talk


def talked(tmp_path: Path, lines: list[str], wishes: Wishes, said: list[str] | None = None) -> Talk:
    script = ("One.", "Two.", "Three.")
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=script)) as url:
        endpoint = Endpoint(base_url=f"{url}/v1", model="m", profile=profiles.resolve(None))
        crew = Crew(config=configuration.Config(), endpoint=endpoint, workspace=tmp_path)
        say = said.append if said is not None else lambda text: None
        return talk(crew, lines, wishes, tell=lambda told: None, say=say)


def test_each_line_is_a_turn_and_blank_lines_are_none(tmp_path: Path) -> None:
    """Lines are said in order until they end."""
    done = talked(tmp_path, ["first\n", "\n", "  second  \n"], Wishes())
    assert [(turn.said, turn.reply) for turn in done.turns] == [("first", "One."), ("second", "Two.")]
    assert (done.exit_reason, done.well) == ("eof", True)


def test_autonomous_ends_after_the_first_answer(tmp_path: Path) -> None:
    """No further line is read."""
    done = talked(tmp_path, ["first", "second"], Wishes(autonomous=True))
    assert (len(done.turns), done.exit_reason) == (1, "end_turn")


def test_the_limit_of_turns_ends_it_abnormally(tmp_path: Path) -> None:
    """Reaching max_turns is its own reason, and not a good one."""
    done = talked(tmp_path, ["first", "second", "third"], Wishes(max_turns=2))
    assert (len(done.turns), done.exit_reason, done.well) == (2, "max_turns", False)


def test_commands_are_never_sent(tmp_path: Path) -> None:
    """/help answers, an unknown one is hinted at, /quit ends; a path in a sentence is no command."""
    said: list[str] = []
    done = talked(tmp_path, ["/help", "/nonsense", "/etc/hosts is what?", "/quit", "never"], Wishes(), said)
    assert [turn.said for turn in done.turns] == ["/etc/hosts is what?"]
    assert "/quit" in said[0]
    assert "no such command: /nonsense" in said[1]
    assert done.exit_reason == "user_quit"


def test_a_cancelled_turn_is_told_and_the_session_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in mid-turn loses that turn, not the session."""
    say = Driver.say

    async def first_is_cancelled(driver: Driver, text: str) -> Turn:
        if text == "first":
            raise KeyboardInterrupt
        return await say(driver, text)

    monkeypatch.setattr(Driver, "say", first_is_cancelled)
    said: list[str] = []
    done = talked(tmp_path, ["first", "second"], Wishes(), said)
    assert said == ["cancelled"]
    assert [turn.said for turn in done.turns] == ["second"]


def test_the_journal_ends_with_the_reason(tmp_path: Path) -> None:
    """A session with a state directory is closed in its journal."""
    talked(tmp_path, ["first"], Wishes(state=tmp_path / "s"))
    (journal,) = (tmp_path / "s" / "chat").glob("*/conversation.jsonl")
    last = json.loads(journal.read_text().splitlines()[-1])
    assert (last["entry_type"], last["reason"], last["turns"]) == ("end", "complete", 1)


def test_text_that_cannot_be_sent_is_a_usage_error(tmp_path: Path) -> None:
    """A line with half a character is not sent."""
    with pytest.raises(UsageError, match="not UTF-8"):
        talked(tmp_path, ["a\ud800"], Wishes())


def test_how_it_went_is_one_line_of_json(tmp_path: Path) -> None:
    """Status, turns, tokens, reason; and why the last turn has no answer, where it has none."""
    done = talked(tmp_path, ["first"], Wishes(autonomous=True))
    told = json.loads(done.line)
    assert (told["status"], told["turns"], told["exit_reason"]) == ("ok", 1, "end_turn")
    assert told["output_tokens"] == done.usage.output_tokens
    assert done.failure is None
    endpoint = Endpoint(base_url="http://127.0.0.1:9/v1", model="m", profile=profiles.resolve(None))
    crew = Crew(config=configuration.Config(), endpoint=endpoint, workspace=tmp_path)
    done = talk(crew, ["first"], Wishes(autonomous=True), tell=lambda told: None, say=lambda text: None)
    assert json.loads(done.line)["status"] == "abnormal"
    assert "127.0.0.1:9" in (done.failure or "")


def test_a_bare_url_needs_no_state_and_keeps_no_session(tmp_path: Path) -> None:
    """Even where a state directory stands: its config is not read, its sessions are not written."""
    (tmp_path / ".nexdiag").mkdir()
    (tmp_path / ".nexdiag" / "config.toml").write_text("nonsense")
    crew, wishes = prepare(Asked(model="m", endpoint="http://h:1", max_turns=3), {}, tmp_path)
    assert (crew.endpoint.base_url, crew.workspace, wishes.state) == ("http://h:1/v1", tmp_path, None)
    assert (crew.config.agent.max_turns, wishes.max_turns) == (3, 3)


def test_the_state_directory_is_used_where_it_is_meant(tmp_path: Path) -> None:
    """Its endpoint and its sessions; what the command line says wins over its config."""
    state = tmp_path / ".nexdiag"
    set_up(state, Wanted(url="http://h:1", model="m"), configuration.Agent(system="Old.", max_tokens=7))
    crew, wishes = prepare(Asked(chat="c", system="New."), {}, tmp_path)
    assert (crew.endpoint.base_url, crew.config.agent.system) == ("http://h:1/v1", "New.")
    assert (wishes.state, wishes.resume) == (state, "c")
    crew, wishes = prepare(Asked(endpoint="http://other:2", model="n", directory=state, chat="c"), {}, tmp_path)
    assert (crew.endpoint.base_url, wishes.state, wishes.resume) == ("http://other:2/v1", state, "c")


@pytest.mark.parametrize("asked", [Asked(model="m", endpoint="http://h", chat="c"), Asked(chat="c", evaluated=True)])
def test_a_session_that_nobody_keeps_cannot_be_gone_on_with(tmp_path: Path, asked: Asked) -> None:
    """What would be ignored is refused."""
    with pytest.raises(UsageError, match="--chat c cannot be had"):
        prepare(asked, {}, tmp_path)
