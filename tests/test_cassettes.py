"""The committed recordings: what each must show, and the sample pages that are rendered from them.

Recorded by `nexdiag demo --keep`: the healthy run and the pushed warning from a real llama.cpp server, the others from
stubs of the servers that refuse them. `python tests/test_cassettes.py` renders reports/sample/ again.
"""

import os
import sys
from pathlib import Path

import pytest

from nexdiag.core.cassette import SUFFIX
from nexdiag.core.run import Report
from nexdiag.core.version import TOOL
from nexdiag.report import html
from nexdiag.report.diff.html import render
from nexdiag.runner.diffing.compare import How, compare_two
from nexdiag.runner.judge import judge
from nexdiag.runner.linting.choice import choice_of
from nexdiag.runner.load import load
from nexdiag.runner.replaying.replay import replay
from nexdiag.runner.replaying.rerun import rerun
from nexdiag.runner.settings import Lint

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "reports" / "sample"
HEALTHY = ("llama.cpp/five-back-to-back",)
WIRES = {
    "llama.cpp/five-over-responses": "/v1/responses",
    "llama.cpp/five-over-messages": "/v1/messages",
}
"""Five messages of our executor to the real llama.cpp on the other two wires."""
FAULTS = {
    "llama.cpp/incident-pushed-warning": "role-alternation",
    "stub-of-sglang/incident-no-v1": "base-url-missing-v1",
    "stub-of-sglang/incident-model-prefix": "model-name-prefix",
    "stub-of-azure/incident-stream-options": "stream-options-unsupported",
}
FOREIGN = {
    "llama.cpp/openai-sdk-tool-round-trip": "/v1/chat/completions",
    "llama.cpp/openai-sdk-responses": "/v1/responses",
    "llama.cpp/anthropic-messages": "/v1/messages",
}
"""Clients that are not ours, recorded by `nexdiag capture -- COMMAND` from the real llama.cpp: the wire of each."""
TWO_SERVERS: dict[str, set[str]] = {
    "llama.cpp/same-conversation": set(),
    "llama-cpp-python/same-conversation": {"usage-missing"},
}
"""One client (examples/same_conversation.py), one model, two real servers; what is wrong with the answers of each."""
FAILING_AND_PASSING = ("llama.cpp/incident-pushed-warning", "llama.cpp/five-back-to-back")
"""Compared for reports/sample/diff.html."""
STORY = (*HEALTHY, *FAULTS)
ALL = (*STORY, *WIRES, *FOREIGN, *TWO_SERVERS)


def path_of(name: str) -> Path:
    return ROOT / "cassettes" / f"{name}{SUFFIX}"


def rendered() -> str:
    """The page of all recordings, in the order of the story; made when they were, so that it is equal each time."""
    here = Path.cwd()
    os.chdir(ROOT)  # a page names its cassettes as they were named to it
    try:
        runs = tuple(judge(load(Path("cassettes") / f"{name}{SUFFIX}")) for name in STORY)
    finally:
        os.chdir(here)
    created = max(run.cassette.header.created for run in runs)
    return html.render(Report(title="The founding incident", runs=runs, created=created, tool=TOOL))


def compared() -> str:
    """The page of the pushed warning against the run that passed."""
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        left, right = (Path("cassettes") / f"{name}{SUFFIX}" for name in FAILING_AND_PASSING)
        pair = compare_two(left, right, How(), choice_of(Lint()))
    finally:
        os.chdir(here)
    return render(pair.found, pair.left, pair.right)


SAMPLES = {"founding-incident.html": rendered, "diff.html": compared}


def test_every_recording_is_spoken_for() -> None:
    """A cassette that no test knows is dead weight; one that is missing is a broken promise."""
    found = {path.relative_to(ROOT / "cassettes") for path in (ROOT / "cassettes").rglob("*") if path.is_file()}
    assert found == {Path(f"{name}{SUFFIX}") for name in ALL}


@pytest.mark.parametrize("name", [*HEALTHY, *WIRES])
def test_a_healthy_recording_replays_exactly_and_lints_clean(name: str) -> None:
    """What was recorded from a real server is what our executor sends today, turn by turn."""
    cassette = load(path_of(name))
    assert cassette.tear is None
    assert {turn.outcome for turn in rerun(cassette).replayed} == {"exact"}
    assert judge(cassette).findings == ()


@pytest.mark.parametrize(("name", "rule"), FAULTS.items())
def test_a_faulty_recording_names_its_cause_first(name: str, rule: str) -> None:
    """The first finding is the fault that was switched on, in the words of the server that refused it."""
    first = judge(load(path_of(name))).findings[0]
    assert (first.rule, first.refused) == (rule, True)
    assert first.server_words
    assert first.location.turn == (2 if rule == "role-alternation" else 1)


@pytest.mark.parametrize(("name", "path"), WIRES.items())
def test_a_recording_of_ours_is_on_its_wire(name: str, path: str) -> None:
    """Each of the five turns went out on the wire that the name says."""
    assert [exchange.request.path for exchange in load(path_of(name)).exchanges] == [path] * 5


def test_our_executor_mends_the_incident_of_the_pushed_warning() -> None:
    """Played again by the right executor: turn 1 is exact, the fault of turn 2 is gone, what follows is unchecked."""
    run = rerun(load(path_of("llama.cpp/incident-pushed-warning")))
    first, second, *later = run.replayed
    assert (first.outcome, second.outcome) == ("exact", "mended")
    assert second.note.startswith("NX101 gone, nothing new")
    assert ("/messages/4", "removed") in {(one.pointer, one.kind) for one in second.differences}
    assert {turn.outcome for turn in later} == {"unchecked"}
    assert not run.differs


def test_a_fault_of_the_executor_is_mended_and_one_of_the_endpoint_is_replayed() -> None:
    """The right executor does not send stream_options; a wrong address or model stands in the header."""
    first, *later = rerun(load(path_of("stub-of-azure/incident-stream-options"))).replayed
    assert (first.outcome, {turn.outcome for turn in later}) == ("mended", {"unchecked"})
    assert first.differences[0].pointer == "/stream_options"
    for name in ("stub-of-sglang/incident-no-v1", "stub-of-sglang/incident-model-prefix"):
        assert {turn.outcome for turn in rerun(load(path_of(name))).replayed} == {"exact"}


@pytest.mark.parametrize("name", ALL)
def test_no_recording_differs_in_replay(name: str) -> None:
    """What `nexdiag replay cassettes/` says in CI: each is exact, or mended; ours is said again, others are resent."""
    run = replay(load(path_of(name)))
    assert not run.differs
    assert run.how == ("resent" if name in FOREIGN or name in TWO_SERVERS else "rerun")


@pytest.mark.parametrize(("name", "path"), FOREIGN.items())
def test_a_recording_of_another_client_is_whole(name: str, path: str) -> None:
    """Its turns were found, each was answered on its wire, and nothing is wrong with it."""
    cassette = load(path_of(name))
    assert cassette.tear is None
    assert {exchange.request.path for exchange in cassette.exchanges} == {path}
    assert [turn.outcome for turn in cassette.turns] == ["answered"] * len(cassette.turns)
    assert len(cassette.exchanges) == 2
    assert judge(cassette).findings == ()


@pytest.mark.parametrize(("name", "wrong"), TWO_SERVERS.items())
def test_two_servers_were_asked_the_same(name: str, wrong: set[str]) -> None:
    """Three turns, four exchanges; the second server was asked for the usage of its stream, and tells none."""
    cassette = load(path_of(name))
    assert ([turn.outcome for turn in cassette.turns], len(cassette.exchanges)) == (["answered"] * 3, 4)
    assert {finding.rule for finding in judge(cassette).findings if finding.weighs} == wrong


@pytest.mark.parametrize("name", ALL)
def test_a_recording_tells_nothing_of_the_machine_it_was_made_on(name: str) -> None:
    """No path of a home or a scratch directory, no user, no host but loopback."""
    raw = path_of(name).read_text()
    for trace in ("/home/", "/root", "/tmp/", "/Users/", "\\Users"):  # noqa: S108 - looked for, not written to
        assert trace not in raw
    assert {exchange.request.url.split("/")[2].split(":")[0] for exchange in load(path_of(name)).exchanges} == {
        "127.0.0.1"
    }


def test_the_samples_are_what_the_recordings_give() -> None:
    """reports/sample/ is rendered from cassettes/. If it is stale: python tests/test_cassettes.py."""
    assert {path.name for path in SAMPLE.iterdir()} == set(SAMPLES)
    for name, made in SAMPLES.items():
        assert (SAMPLE / name).read_text("utf-8") == made(), f"{name} is stale: run python tests/test_cassettes.py"


if __name__ == "__main__":
    SAMPLE.mkdir(parents=True, exist_ok=True)
    for sample, made in SAMPLES.items():
        (SAMPLE / sample).write_text(made(), "utf-8")
        sys.stdout.write(f"wrote {(SAMPLE / sample).relative_to(ROOT)}\n")
