"""What the demo shows, and that it does not hide a failure."""

from pathlib import Path

import msgspec
import pytest

from nexdiag.core.errors import NexdiagError
from nexdiag.core.finding import Finding, Severity
from nexdiag.core.message import Message
from nexdiag.core.turn import Session, Turn
from nexdiag.demo import show
from nexdiag.demo.incident import FAULTS


def test_the_stub_demo_gives_five_runs_and_one_page(tmp_path: Path) -> None:
    """The healthy run without findings, and one run for each fault with its finding first."""
    told: list[show.Told] = []
    shown = show.show(tmp_path / "scratch", tmp_path / "reports", real=False, tell=told.append)
    healthy, *broken = shown.report.runs
    assert healthy.findings == ()
    assert [run.findings[0].rule for run in broken] == [fault.rule for fault in FAULTS]
    assert all(run.findings[0].server_words for run in broken)
    assert shown.page.read_text().startswith("<!doctype html>")
    assert shown.report.unchecked
    assert [one.finding[0].name for one in told if one.finding is not None] == [fault.name for fault in FAULTS]
    assert len(shown.cassettes) == 5


def test_a_fault_that_is_not_found_fails_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a rule stopped finding its fault, the demo says which, instead of showing something else."""
    harmless = msgspec.structs.replace(FAULTS[0], switch_on=lambda stage: stage)
    monkeypatch.setattr(show, "FAULTS", (harmless,))
    with pytest.raises(NexdiagError, match="base-url-missing-v1 was to be found first, nothing was"):
        show.show(tmp_path / "scratch", tmp_path / "reports", real=False, tell=lambda told: None)


def test_a_replay_that_differs_fails_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equality of live and replayed sessions is checked, not announced."""
    monkeypatch.setattr("nexdiag.runner.play.system_prompt", lambda **_: "Another prompt.")
    with pytest.raises(NexdiagError, match="the replay differs in turn 1"):
        show.show(tmp_path / "scratch", tmp_path / "reports", real=False, tell=lambda told: None)


def test_sessions_are_equal_by_messages_and_replies() -> None:
    """Times and ids do not count; one word of one message does."""
    left = Session(id="a", messages=(Message(role="user", content="x"),), turns=(Turn(number=1, said="x", reply="y"),))
    assert show.equal(left, msgspec.structs.replace(left, id="b"))
    assert not show.equal(left, msgspec.structs.replace(left, messages=(Message(role="user", content="z"),)))
    other = msgspec.structs.replace(left.turns[0], reply="z")
    assert not show.equal(left, msgspec.structs.replace(left, turns=(other,)))


def test_a_live_run_with_findings_fails_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the healthy run were not healthy, the demo would say so first."""
    smoked = show.smoke

    def faulty(*arguments: object, **named: object) -> object:
        done = smoked(*arguments, **named)
        finding = Finding(rule="x", code="NX1", severity=Severity.ERROR, summary="something is wrong")
        return msgspec.structs.replace(done, run=msgspec.structs.replace(done.run, findings=(finding,)))

    monkeypatch.setattr(show, "smoke", faulty)
    with pytest.raises(NexdiagError, match="something is wrong"):
        show.show(tmp_path / "scratch", tmp_path / "reports", real=False, tell=lambda told: None)


def test_sessions_that_differ_fail_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That every request was found in the recording is not taken for equality."""
    monkeypatch.setattr(show, "equal", lambda left, right: False)
    with pytest.raises(NexdiagError, match="the sessions differ"):
        show.show(tmp_path / "scratch", tmp_path / "reports", real=False, tell=lambda told: None)


@pytest.mark.parametrize("spoil", ["refused", "first"])
def test_a_finding_that_is_not_confirmed_or_not_the_first_fails_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    """The demo shows a cause only if the server's refusal confirms it, and nothing stands before it."""
    judged = show.judge

    def spoiled(*arguments: object, **named: object) -> object:
        run = judged(*arguments, **named)
        first = run.findings[0]
        if spoil == "refused":
            return msgspec.structs.replace(run, findings=(msgspec.structs.replace(first, refused=False),))
        return msgspec.structs.replace(run, findings=(msgspec.structs.replace(first, rule="other"), *run.findings))

    monkeypatch.setattr(show, "judge", spoiled)
    with pytest.raises(NexdiagError, match="was to be found first"):
        show.show(tmp_path / "scratch", tmp_path / "reports", real=False, tell=lambda told: None)
