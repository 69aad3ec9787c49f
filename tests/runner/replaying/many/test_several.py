"""Several recordings: selection, processes, the first failure, exit codes."""

import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import replay_work
import yaml
from report.replay import sample

from nexdiag.cli.app import run
from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import NothingToDo
from nexdiag.core.run import Replayed
from nexdiag.report.replay.verdict import word
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.many.selection import Shard, shard_of
from nexdiag.runner.replaying.many.several import exit_code, replay_all

ROOT = Path(__file__).parents[4]
SDK = ROOT / "cassettes" / "llama.cpp" / "openai-sdk-tool-round-trip.cassette.jsonl"
GOOD = ROOT / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl"
MANY = ("exact", "changed", "bug", "mended", "broken", "nothing", "exact", "expired")


def written(directory: Path, words: Sequence[str]) -> None:
    """Recordings that come out so."""
    for place, told in enumerate(words):
        (directory / f"{place:02}.cassette.jsonl").write_text(told)


def came(directory: Path, **more: Any) -> list[str]:  # noqa: ANN401 - options of `replay_all`
    """What came of each."""
    return [word(one) for one in replay_all([directory], How(), play=replay_work.play, **more)]


def test_what_cannot_be_played_does_not_keep_others_from_it(tmp_path: Path) -> None:
    """A missing file, one without turns, an empty directory: each is told, the rest is played by our executor."""
    empty = tmp_path / "empty.cassette.jsonl"
    empty.write_bytes(codec.encode(Cassette(header=Header(model="m"))))
    (tmp_path / "none").mkdir()
    done = list(replay_all([tmp_path / "missing", empty, tmp_path / "none", GOOD]))
    assert [one.code for one in done] == [3, 4, 4, 0]
    assert word(done[3]) == "exact"
    assert exit_code(done) == 3


def test_processes_give_what_one_gives_in_the_same_order(tmp_path: Path) -> None:
    """Errors and faults of ours included: they are of one recording."""
    written(tmp_path, MANY)
    wanted = ["exact", "changed", "broken", "mended", "broken", "nothing", "exact", "exact"]
    assert came(tmp_path) == wanted
    assert came(tmp_path, jobs=2) == wanted
    alone = list(replay_all([tmp_path], How(), play=replay_work.play))
    assert alone == list(replay_all([tmp_path], How(), play=replay_work.play, jobs=0))
    assert "internal error: KeyError('bug')" in alone[2].what


def test_a_process_that_dies_is_an_error_of_its_recording(tmp_path: Path) -> None:
    """The others are played, and the command fails."""
    written(tmp_path, ("exact", "crash", "exact", "exact"))
    done = list(replay_all([tmp_path], How(), play=replay_work.play, jobs=2))
    assert [word(one) for one in done] == ["exact", "broken", "exact", "exact"]
    assert done[1].what.endswith("01.cassette.jsonl died: it ended with exit code 9")
    assert exit_code(done) == 3


@pytest.mark.parametrize("jobs", [1, 2])
def test_after_the_first_failure_nothing_is_played(tmp_path: Path, jobs: int) -> None:
    """With `fail_fast`; what was not played is told, and does not pass. What held nothing is no failure."""
    written(tmp_path, ("exact", "nothing", "changed", "exact", "broken"))
    done = list(replay_all([tmp_path], How(), play=replay_work.play, fail_fast=True, jobs=jobs))
    assert [word(one) for one in done] == ["exact", "nothing", "changed", "skipped", "skipped"]
    assert done[3].what.endswith("02.cassette.jsonl failed before it (--fail-fast)")
    assert exit_code(done) == 1


def test_a_fault_of_ours_in_the_only_recording_is_seen_whole(tmp_path: Path) -> None:
    """The door shows where it came from."""
    written(tmp_path, ("bug",))
    with pytest.raises(KeyError):
        came(tmp_path)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_choice_that_does_not_fit_a_recording_is_told_of_that_one(tmp_path: Path, jobs: int) -> None:
    """As a fault that cannot strike it: the others are played. Only where it fits none of them, the command fails."""
    written(tmp_path, ("exact", "usage", "changed", "usage"))
    done = list(replay_all([tmp_path], How(), play=replay_work.play, jobs=jobs, fail_fast=True))
    assert [word(one) for one in done] == ["exact", "skipped", "changed", "skipped"]
    assert (exit_code(done), exit_code(done[:2]), exit_code(done[1:2])) == (1, 0, 2)
    assert done[1].code == 2


def test_live_tools_are_for_recordings_of_our_executor() -> None:
    """Another client has its own: that is told, and not ignored."""
    (one,) = replay_all([SDK], How(live_tools=True))
    assert (one.code, one.hint != "") == (2, True)
    assert "another client" in one.what


def test_what_was_chosen_reaches_the_player(tmp_path: Path) -> None:
    """How, and which turn."""
    written(tmp_path, ("exact",))
    (one,) = replay_all([tmp_path], How(speed=10.0), play=replay_work.play, turn=2)
    assert one.run is not None
    assert one.run.name == "10.0 2"


def test_one_turn_is_played_alone() -> None:
    """From where its first request began; a turn that is not there is named."""
    (one,) = replay_all([GOOD], turn=3)
    assert one.run is not None
    assert [(turn.number, turn.outcome) for turn in one.run.replayed] == [(3, "exact")]
    (one,) = replay_all([GOOD], turn=9)
    assert (one.what, one.hint, one.code) == (f"{GOOD} has no turn 9", "it has turns 1 to 5", 4)


def test_the_age_of_a_recording_is_told() -> None:
    """Whatever it is, unless any age will do."""
    (one,) = replay_all([GOOD], How(max_age=0.0, expired="fail"))
    assert one.run is not None
    assert "may be at most" in one.run.expired
    assert exit_code([one]) == 1
    (one,) = replay_all([GOOD])
    assert one.what == ""


def test_an_old_recording_fails_where_it_shall(tmp_path: Path) -> None:
    """Else it is told."""
    written(tmp_path, ("expired",))
    (warned,) = replay_all([tmp_path], How(), play=replay_work.play)
    (failed,) = replay_all([tmp_path], How(expired="fail"), play=replay_work.play)
    assert (word(warned), exit_code([warned])) == ("exact", 0)
    assert (word(failed), exit_code([failed]), failed.what) == ("failed", 1, "it is old")


def test_shards_share_what_is_selected(tmp_path: Path) -> None:
    """Each recording is played by one of them; one that has none passes, and says so."""
    written(tmp_path, ["exact"] * 9)
    shares = [
        list(replay_all([tmp_path], How(), play=replay_work.play, shard=Shard(number=n, of=3))) for n in (1, 2, 3)
    ]
    held = [one.path for share in shares for one in share if one.run is not None]
    assert sorted(held) == [str(path) for path in sorted(tmp_path.iterdir())]
    of_one = [
        list(replay_all([tmp_path], How(), play=replay_work.play, only=["00"], shard=Shard(number=n, of=2)))
        for n in (1, 2)
    ]
    assert sorted(word(one) for share in of_one for one in share) == ["exact", "skipped"]
    assert [exit_code(share) for share in of_one] == [0, 0]


def test_only_that_leaves_nothing_is_nothing_to_do(tmp_path: Path) -> None:
    """Before anything is played."""
    written(tmp_path, ("exact",))
    with pytest.raises(NothingToDo):
        came(tmp_path, only=["zz"])


@pytest.mark.parametrize(
    ("done", "code"),
    [
        ([sample.exact()], 0),
        ([sample.exact(), sample.nothing()], 0),
        ([sample.mended()], 0),
        ([sample.torn()], 0),
        ([sample.nothing()], 4),
        ([], 4),
        ([sample.exact(), sample.changed()], 1),
        ([sample.exact(), sample.expired()], 1),
        ([sample.changed(), sample.broken(), sample.exact()], 3),
        ([sample.nothing(), sample.broken()], 3),
        ([sample.skipped()], 0),
        ([sample.changed(), sample.skipped()], 1),
        ([sample.exact(), Replayed(path="x", what="y", code=1)], 1),
    ],
)
def test_the_worst_tells_how_it_ends(done: list[Replayed], code: int) -> None:
    """Broken before different before played before nothing."""
    assert exit_code(done) == code


WORKFLOWS = ROOT / "examples" / "ci"
RUN = {"SHARD": "1/3", "CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3"}
"""What the runners set."""


def commands(value: Any) -> list[list[str]]:  # noqa: ANN401 - any YAML
    """Every command of ours in a workflow, as a shell would split it."""
    if isinstance(value, dict):
        return [found for inner in value.values() for found in commands(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in commands(inner)]
    lines = value.splitlines() if isinstance(value, str) else []
    return [shlex.split(Template(line).safe_substitute(RUN)) for line in lines if line.startswith("nexdiag ")]


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_the_workflows_pass_on_our_own_recordings(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command of ours in them is run as it stands, and leaves what the next action of the workflow wants."""
    shutil.copytree(ROOT / "cassettes", tmp_path / "cassettes")
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    ours = commands(yaml.safe_load((WORKFLOWS / name).read_text()))
    assert [words[1] for words in ours].count("replay") == 2
    for words in ours:
        if words[1] == "replay":  # `check` judges what was committed, and a checkout
            assert run(words[1:]) == 0, capsys.readouterr().err
    assert ET.parse("replay.xml").getroot().get("failures") == "0"  # noqa: S314 - our own text
    if name.startswith("github"):
        assert page.read_text().startswith("before\n### nexdiag replay\n\n✓")


def test_the_shards_of_a_workflow_are_a_whole() -> None:
    """Each share is there once."""
    workflow = yaml.safe_load((WORKFLOWS / "github-actions.yml").read_text())
    (job,) = workflow["jobs"].values()
    shards = [shard_of(typed) for typed in job["strategy"]["matrix"]["shard"]]
    assert [shard.number for shard in shards] == list(range(1, shards[0].of + 1))
    assert workflow["permissions"] == {"contents": "read"}
    assert not [words for words in commands(workflow) if "${{" in " ".join(words)]
