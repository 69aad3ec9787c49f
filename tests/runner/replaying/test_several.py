"""Several recordings, one after the other."""

from pathlib import Path

import pytest

from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError, NothingToDo, Unmatched
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Run
from nexdiag.runner.replaying.several import Replayed, exit_code, replay_all

GOOD = Path(__file__).parents[3] / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl"
HERE = Path()


def played(outcome: str) -> Replayed:
    turn = TurnVerdict(number=1, said="x", outcome=outcome)
    return Replayed(path=HERE, run=Run(name="x", cassette=Cassette(header=Header()), profile="p", replayed=(turn,)))


def test_what_cannot_be_played_does_not_keep_others_from_it(tmp_path: Path) -> None:
    """A missing file, one without turns, an empty directory, another client: each is told, the rest is played."""
    empty = tmp_path / "empty.cassette.jsonl"
    empty.write_bytes(codec.encode(Cassette(header=Header(model="m"))))
    (tmp_path / "none").mkdir()
    done = list(replay_all([tmp_path / "missing", empty, tmp_path / "none", GOOD.parent]))
    assert [type(one.error) for one in done[:3]] == [CassetteError, NothingToDo, NothingToDo]
    played_paths = [one.path for one in done if one.run is not None]
    assert GOOD in played_paths
    foreign = [one for one in done[3:] if one.error is not None]  # recorded from other clients: told, and left alone
    assert {type(one.error) for one in foreign} <= {NothingToDo}
    assert len(played_paths) == len(done) - 3 - len(foreign)
    assert exit_code(done) == 3


@pytest.mark.parametrize(
    ("done", "code"),
    [
        ([played("exact")], 0),
        ([played("exact"), Replayed(path=HERE, error=NothingToDo("x"))], 0),
        ([Replayed(path=HERE, error=NothingToDo("x"))], 4),
        ([], 4),
        ([played("exact"), played("changed")], 1),
        ([played("missing"), Replayed(path=HERE, error=CassetteError("x")), played("exact")], 3),
        ([Replayed(path=HERE, error=NothingToDo("x")), Replayed(path=HERE, error=CassetteError("x"))], 3),
        ([played("exact"), Replayed(path=HERE, error=Unmatched("x"))], 1),
    ],
)
def test_the_worst_tells_how_it_ends(done: list[Replayed], code: int) -> None:
    """Broken before different before exact before nothing."""
    assert exit_code(done) == code
