"""What varies in the requests of a program, and what helps."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from nexdiag.codec import cassette as codec
from nexdiag.core.body import Body
from nexdiag.core.errors import CassetteError, NothingToDo
from nexdiag.core.exchange import Request
from nexdiag.runner.load import load
from nexdiag.runner.replaying.determinism.study import Study, Varying, absolute, of_command, of_executor, study
from nexdiag.runner.replaying.determinism.variations import FIRST, FOR_EXECUTOR, Variation
from tests.runner.replaying.determinism.test_child import RECORDING
from tests.runner.replaying.determinism.test_varying import said

PROGRAM = """
import datetime, json, os, uuid
tools = {"read_file", "bash", "glob", "grep", "write_file", "edit_file"}
system = f"Today is {datetime.date.today()}. Look into {os.getcwd()} first. You may use: {', '.join(tools)}. "
system += f"Run: {uuid.uuid4()}."
print(json.dumps({"model": "m", "run": str(uuid.uuid4()), "stop": sorted({"a", "b"}),
    "tools": [{"type": "function", "function": {"name": name}} for name in tools],
    "messages": [{"role": "system", "content": system}, {"role": "user", "content": "Hello."}]}))
"""
"""It writes down what it would send: it varies in all the ways that real programs do."""


def once(environment: Mapping[str, str], directory: Path) -> Sequence[Request]:
    command = [sys.executable, "-S", "-c", PROGRAM]
    done = subprocess.run(command, env=environment, cwd=directory, capture_output=True, check=True)
    return [
        Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(line))
        for line in done.stdout.splitlines()
    ]


@pytest.fixture(scope="module")
def real() -> Study:
    return of_command(once, now=time.time(), environ=os.environ)


def one(found: Study, pointer: str, kind: str) -> Varying:
    (only,) = [each for each in found.varying if (each.pointer, each.kind) == (pointer, kind)]
    return only


def test_an_id_of_each_run_gets_a_rule(real: Study) -> None:
    """It varies with nothing, and the whole field may go."""
    found = one(real, "/run", "id")
    assert (found.by, found.rules, found.covered) == (("nothing",), ("/run",), ())
    assert one(real, "/messages/*/content", "id").by == ("nothing",)


def test_the_date_is_seen_by_the_time_zone_and_is_covered(real: Study) -> None:
    """A built-in rule sets it aside already, so none is proposed."""
    found = one(real, "/messages/*/content", "date")
    assert (found.by, found.covered, found.rules) == (("time zone",), ("date",), ())


def test_the_working_directory_is_seen_by_running_elsewhere(real: Study) -> None:
    """With a rule that finds paths."""
    found = one(real, "/messages/*/content", "path")
    assert found.by == ("working directory",)
    assert len(found.rules) == 1


def chat(number: str, directory: str, run: str) -> Request:
    """A chat with a call of a tool, as clients send it."""
    call = {"id": f"call_{number * 12}", "type": "function"}
    call |= {"function": {"name": "read", "arguments": json.dumps({"path": f"{directory}/a.txt"})}}  # type: ignore[dict-item]  # JSON
    told = f"You are an agent.\nWorking directory: {directory}\n{run}"
    messages = [
        {"role": "system", "content": told},
        {"role": "user", "content": "Read it."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "ok"},
    ]
    raw = json.dumps({"model": "m", "messages": messages}).encode()
    return Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(raw))


def test_what_a_plain_replay_takes_as_the_same_does_not_vary() -> None:
    """Ids of calls and the working directory count by their places in the whole request, as the matcher has it."""
    runs = iter([chat("a1", "/srv/one", ""), chat("b2", "/home/u/two", "")])
    found = study(lambda _: [next(runs)], [Variation(kind="working directory")], began=1e9)
    assert (found.beyond, found.code) == ((), 0)
    assert {rule for one in found.varying for rule in one.covered} >= {"id", "cwd"}


def test_what_varies_beside_what_is_covered_is_shown_alone_and_its_rule_is_enough() -> None:
    """The example shows no directory, the rule names none, and with it the next study finds nothing."""
    runs = [chat("a1", "/srv/one", "run: a1"), chat("b2", "/home/u/two", "run: b7")]
    again = iter(runs)
    found = study(lambda _: [next(again)], [Variation(kind="nothing")], began=1e9)
    (left,) = found.beyond
    assert "/srv/one" not in left.examples[0][0]
    assert len(found.rules) == 1
    assert found.rules[0].startswith("/messages/*/content=run: ")
    again = iter(runs)
    assert study(lambda _: [next(again)], [Variation(kind="nothing")], began=1e9, ignore=found.rules).code == 0


def test_a_set_that_is_written_into_the_prompt_is_seen_by_the_hash_seed(real: Study) -> None:
    """No rule helps: it is to be sorted."""
    found = one(real, "/messages/*/content", "order")
    assert (found.by, found.rules) == (("hash seed",), ())
    assert "sort" in found.advice


def test_the_order_of_tools_is_covered(real: Study) -> None:
    """It never counts."""
    found = one(real, "/tools", "order")
    assert (found.by, found.covered) == (("hash seed",), ("tools",))


def test_what_is_stable_is_not_told(real: Study) -> None:
    """A sorted list, a model's name, what the user said."""
    assert {each.pointer for each in real.varying} == {"/run", "/messages/*/content", "/tools"}


def test_it_fails_as_long_as_something_varies_beyond_the_built_in_rules(real: Study) -> None:
    """What could not be varied is said."""
    assert (real.code, real.requests, real.runs) == (1, 1, 9)
    assert any(text.startswith("clock: ") for text in real.unchecked)


def test_with_the_proposed_rules_the_replay_takes_one_run_for_another(tmp_path: Path) -> None:
    """The proof is that of the matcher: tried again here, from outside, with another run."""
    from nexdiag.core.exchange import Exchange, Response  # noqa: PLC0415 - for this alone
    from nexdiag.replay.matching.matcher import Match, Matcher  # noqa: PLC0415 - for this alone
    from nexdiag.replay.matching.rules import parse  # noqa: PLC0415 - for this alone

    environ = os.environ | {"PYTHONHASHSEED": "0"}
    now = time.time()
    rules = study(lambda _: once(environ, Path.cwd()), [Variation(kind="nothing")], began=now).rules
    first, other = once(environ, Path.cwd())[0], once(environ, Path.cwd())[0]
    matcher = Matcher([Exchange(id=0, started=now, request=first, response=Response(status=200))], rules=parse(rules))
    assert isinstance(matcher.find(other, now=now), Match)
    del tmp_path


def test_our_executor_varies_by_the_clock_alone_and_that_is_covered() -> None:
    """In processes with another hash seed, directory and clock (the whole list takes seconds)."""
    some = [
        next(one for one in FOR_EXECUTOR if one.kind == kind) for kind in ("hash seed", "working directory", "clock")
    ]
    found = of_executor(RECORDING, variations=some)
    assert [(each.pointer, each.by, each.covered) for each in found.varying] == [
        ("/messages/*/content", ("clock",), ("date",))
    ]
    assert (found.code, found.requests, found.unchecked) == (0, 5, ())


def asking(*runs: Sequence[Request] | CassetteError) -> Study:
    """A study of what was asked in each run; the last one is that of another directory."""
    left = list(runs)

    def vary(one: Variation) -> Sequence[Request]:
        asked = left.pop(0)
        if isinstance(asked, CassetteError):
            assert one != FIRST
            raise asked
        return asked

    kinds = [Variation(kind="hash seed") for _ in runs[1:-1]] + [Variation(kind="working directory", may_fail=True)]
    return study(vary, kinds, began=0.0)


def test_a_run_that_could_not_be_made_is_unchecked() -> None:
    """It says nothing of the program, and is told."""
    found = asking([said("a")], CassetteError("it broke"), [said("a")])
    assert (found.varying, found.unchecked, found.code) == ((), ("hash seed: it broke",), 0)


def test_a_program_that_misses_its_files_elsewhere_is_unchecked_there() -> None:
    """It asked for less only because it was moved."""
    found = asking([said("a"), said("b")], [said("a"), said("b")], [said("a")])
    assert found.unchecked == ("working directory: it asked 1 times there, and 2 times at home",)
    assert found.code == 0


def test_a_program_that_asks_for_less_with_another_seed_varies() -> None:
    """No rule can set that aside."""
    found = asking([said("a"), said("b")], [said("a")], [said("a"), said("b")])
    assert [(each.pointer, each.rules) for each in found.varying] == [("(requests)", ())]
    assert found.code == 1


def test_a_program_that_asks_for_nothing_is_nothing_to_do() -> None:
    """It did not find the server, perhaps."""
    with pytest.raises(NothingToDo):
        asking([], [])


def test_where_each_run_is_another_text_nothing_else_is_guessed() -> None:
    """What the seed does to it cannot be seen beside that."""
    texts = iter(["One wise sea", "Two or three birds", "Four: and more", "5"])
    kinds = [Variation(kind="nothing"), Variation(kind="hash seed"), Variation(kind="locale")]
    found = study(lambda _: [said(next(texts))], kinds, began=0.0)
    assert [(each.by, each.rules, bool(each.advice)) for each in found.varying] == [(("nothing",), (), True)]


def test_several_variations_with_the_same_effect_are_told_together() -> None:
    """A path that follows the directory and the home."""
    texts = iter(["in /a/b.", "in /c/d.", "in /a/b.", "in /e/f."])
    kinds = [Variation(kind="working directory"), Variation(kind="nothing"), Variation(kind="home directory")]
    found = study(lambda _: [said(next(texts))], kinds, began=0.0)
    assert [each.kind for each in found.varying] == ["path"]


def test_files_of_a_command_line_are_found_from_another_directory(tmp_path: Path) -> None:
    """Options, words and absolute paths stay."""
    (tmp_path / "agent.py").touch()
    command = ("python", "agent.py", "--config", "none.toml", "-agent.py", "/agent.py", "")
    assert absolute(command, tmp_path) == (
        "python", str(tmp_path / "agent.py"), "--config", "none.toml", "-agent.py", "/agent.py", "",
    )  # fmt: skip


def test_a_recording_of_another_client_is_nothing_to_do() -> None:
    """It is said how to study that client."""
    path = RECORDING.with_name("openai-sdk-tool-round-trip.cassette.jsonl")
    with pytest.raises(NothingToDo, match="another client") as caught:
        of_executor(path)
    assert f"nexdiag replay {path} --determinism -- " in caught.value.hint


def test_a_recording_of_ours_without_a_whole_turn_is_nothing_to_do_for_another_reason(tmp_path: Path) -> None:
    """Its client is known: to study another one would be no help."""
    recorded = load(RECORDING)
    cut = tuple(msgspec.structs.replace(turn, outcome="unfinished") for turn in recorded.turns)
    path = tmp_path / "cut.cassette.jsonl"
    path.write_bytes(codec.encode(msgspec.structs.replace(recorded, turns=cut)))
    with pytest.raises(NothingToDo, match="no turn to play") as caught:
        of_executor(path)
    assert "COMMAND" not in caught.value.hint


def test_a_study_is_data() -> None:
    """It can be written as JSON, for whoever reports it."""
    assert msgspec.json.decode(msgspec.json.encode(Study(requests=1, runs=1)), type=Study).code == 0


def test_rules_that_are_set_already_are_not_proposed_again() -> None:
    """What was pasted into the settings counts: nothing is left, and it passes."""
    texts = ["run: a1, at 2", "run: b7, at 2", "run: c5, at 3"]
    kinds = [Variation(kind="nothing"), Variation(kind="hash seed")]

    def found(*ignore: str) -> Study:
        left = iter(texts)
        return study(lambda _: [said(next(left))], kinds, began=0.0, ignore=ignore)

    first = found()
    assert (first.code, len(first.rules)) == (1, 2)
    then = found(*first.rules)
    assert (then.code, then.rules) == (0, ())
    assert {name for one in then.varying for name in one.covered} == set(first.rules)


def test_a_rule_that_the_replay_does_not_take_is_not_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    """However good it looks: it is said that it is not enough."""
    monkeypatch.setattr("nexdiag.runner.replaying.determinism.study.aside", lambda *_: None)
    monkeypatch.setattr("nexdiag.runner.replaying.determinism.study.remaining", lambda one, *_: one)
    texts = iter(["run: a1", "run: b7"])
    found = study(lambda _: [said(next(texts))], [Variation(kind="nothing")], began=0.0)
    assert (found.rules, found.code) == ((), 1)
    assert "is not enough" in found.varying[0].advice


def test_what_varies_each_time_is_not_told_of_every_variation() -> None:
    """A built-in rule covers it, and it differs in each run: that is said once."""
    ids = iter(range(9))
    kinds = [Variation(kind="nothing"), Variation(kind="hash seed"), Variation(kind="locale")]
    found = study(lambda _: [said("a", user=str(next(ids)))], kinds, began=0.0)
    assert [(one.by, one.covered) for one in found.varying] == [(("nothing",), ("id",))]
