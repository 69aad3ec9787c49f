"""Which recordings are meant."""

import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.errors import CassetteError, NothingToDo, UsageError
from nexdiag.runner.replaying.many.selection import Shard, select, shard_of


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Recordings of two endpoints, and what is none."""
    for name in ("llama/five", "llama/two", "vllm/five", "vllm/old/ten", "vllm/[x]"):
        path = tmp_path / "cassettes" / f"{name}.cassette.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    (tmp_path / "cassettes" / "notes.txt").write_text("x")
    (tmp_path / "none").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def chosen(*paths: str, only: tuple[str, ...] = ()) -> list[str]:
    """Short names of what is meant; errors by their class."""
    found = select([Path(path) for path in paths], only=only)
    short = [one.path.removeprefix("cassettes/").removesuffix(".cassette.jsonl") for one in found]
    return [type(one.error).__name__ if one.error else name for one, name in zip(found, short, strict=True)]


def test_directories_files_and_globs(tree: Path) -> None:
    """A glob that no shell has unfolded is unfolded here; a name with its signs in it is a name."""
    everything = ["llama/five", "llama/two", "vllm/[x]", "vllm/five", "vllm/old/ten"]
    assert chosen("cassettes") == everything
    assert chosen("cassettes/**/*.jsonl") == everything
    assert chosen("cassettes/*/f*.jsonl") == ["llama/five", "vllm/five"]
    assert chosen("cassettes/v*") == ["vllm/[x]", "vllm/five", "vllm/old/ten"]
    assert chosen("cassettes/vllm/[x].cassette.jsonl") == ["vllm/[x]"]
    assert chosen(f"{tree}/cassettes/ll*/*") == [
        f"{tree}/cassettes/llama/five", f"{tree}/cassettes/llama/two",
    ]  # fmt: skip
    assert chosen("five") == ["llama/five", "vllm/five"]
    assert chosen("t*") == ["llama/two", "vllm/old/ten"]


def test_each_is_meant_once(tree: Path) -> None:
    """Whatever names it, by links too; in the order named."""
    (tree / "link").symlink_to(tree / "cassettes" / "llama")
    assert chosen("cassettes/llama/two.cassette.jsonl", "cassettes/llama", "./cassettes", "link", "two") == [
        "llama/two", "llama/five", "vllm/[x]", "vllm/five", "vllm/old/ten",
    ]  # fmt: skip


@pytest.mark.usefixtures("tree")
def test_what_is_not_there_is_told_in_its_place() -> None:
    """With a hint that names what is near; the others are meant all the same."""
    assert chosen("none", "cassettes/llama", "gone.cassette.jsonl", "x*y") == [
        "NothingToDo", "llama/five", "llama/two", "CassetteError", "NothingToDo",
    ]  # fmt: skip
    (one,) = select([Path("cassettes/llama/fife.cassette.jsonl")])
    assert isinstance(one.error, CassetteError)
    assert one.error.hint == "is it cassettes/llama/five.cassette.jsonl?"
    (one,) = select([Path("fife")])
    assert one.error is not None
    assert one.error.hint == "is it five?"


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "**a", "cassettes/llama/two.cassette.jsonl/x"])
def test_a_name_that_no_file_system_takes_is_an_error_of_its_own(name: str) -> None:
    """It does not keep the others from being played."""
    assert chosen(name, "two") == ["CassetteError", "llama/two"]


@pytest.mark.usefixtures("tree")
def test_a_recording_is_named_by_the_end_of_its_path() -> None:
    """Where its name alone stands for several, too."""
    assert chosen("llama/five") == ["llama/five"]
    assert chosen("vllm/five.cassette.jsonl") == ["vllm/five"]
    assert chosen("lama/five") == ["CassetteError"]


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("only", "names"),
    [
        (("five",), ["llama/five", "vllm/five"]),
        (("llama",), ["llama/five", "llama/two"]),
        (("llama/",), ["llama/five", "llama/two"]),
        (("llama/*",), ["llama/five", "llama/two"]),
        (("t*", "llama/five"), ["llama/five", "llama/two", "vllm/old/ten"]),
        (("!five",), ["llama/two", "vllm/[x]", "vllm/old/ten"]),
        (("vllm", "!old"), ["vllm/[x]", "vllm/five"]),
        (("[x]",), ["vllm/[x]"]),
        (("cassettes/llama/two.cassette.jsonl",), ["llama/two"]),
        (("./cassettes/llama/two.cassette.jsonl",), ["llama/two"]),
        (("two.cassette.jsonl",), ["llama/two"]),
    ],
)
def test_only_selects_by_name_or_path(only: tuple[str, ...], names: list[str]) -> None:
    """Globs, directories, ends of paths; `!` leaves out."""
    assert chosen("cassettes", only=only) == names


@pytest.mark.usefixtures("tree")
def test_only_that_leaves_nothing_names_what_is_near() -> None:
    """It is exit 4, not a success."""
    with pytest.raises(NothingToDo, match="--only fibe leaves none of 5 recordings") as told:
        chosen("cassettes", only=("fibe",))
    assert told.value.hint == "near: five"
    with pytest.raises(NothingToDo, match="leaves none"):
        chosen("cassettes", only=("!*",))


@pytest.mark.usefixtures("tree")
def test_a_missing_file_is_told_whatever_is_selected() -> None:
    """A name that was mistyped must not look like a selection."""
    assert chosen("gone", "cassettes", only=("two",)) == ["CassetteError", "llama/two"]


@given(
    st.lists(st.text("abc/.é", min_size=1, max_size=12), unique=True, max_size=30),
    st.integers(1, 9),
    st.randoms(),
)
def test_each_recording_is_in_exactly_one_shard(paths: list[str], of: int, chance: random.Random) -> None:
    """In whatever order they are listed, and whatever else is there."""
    shards = [Shard(number=number, of=of) for number in range(1, of + 1)]
    held = [[path for path in chance.sample(paths, len(paths)) if shard.has(path)] for shard in shards]
    assert sorted(path for share in held for path in share) == sorted(paths)


def test_a_shard_goes_by_the_path_that_is_meant_not_by_how_it_is_spelt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine may check out elsewhere, and name the directory otherwise."""
    monkeypatch.chdir(tmp_path)
    path = "cassettes/a/b.cassette.jsonl"
    shards = [Shard(number=number, of=50) for number in range(1, 51)]
    spelt = [path, f"./{path}", f"cassettes/../{path}", str(tmp_path / path)]
    assert len({tuple(shard.has(one) for shard in shards) for one in spelt}) == 1
    assert [shard.number for shard in shards if shard.has("/x/y", base="/x")] == [
        shard.number for shard in shards if shard.has("/z/y", base="/z")
    ]


def test_shards_are_about_equal() -> None:
    """No share of a thousand recordings is twice another."""
    shares = [sum(Shard(number=number, of=4).has(f"c/{at}") for at in range(1000)) for number in range(1, 5)]
    assert max(shares) < 2 * min(shares)


def test_a_shard_is_read_as_it_is_typed() -> None:
    """The first is 1."""
    assert shard_of("2/3") == Shard(number=2, of=3)
    assert str(shard_of("2/3")) == "2/3"


@pytest.mark.parametrize(
    "typed", ["", "2", "2/", "/3", "0/3", "4/3", "a/b", "-1/3", "1/0", "1.5/3", "²/3", f"1/{'9' * 99}"]
)
def test_a_shard_that_is_none_is_a_usage_error(typed: str) -> None:
    """With what to type instead."""
    with pytest.raises(UsageError) as told:
        shard_of(typed)
    assert told.value.hint


def test_a_directory_that_cannot_be_read_is_no_traceback(tmp_path: Path) -> None:
    """It holds nothing that could be found."""
    if os.geteuid() == 0:
        pytest.skip("root reads all")
    (tmp_path / "closed").mkdir(mode=0)
    assert select([tmp_path / "closed"])[0].error is not None


def test_a_link_in_a_circle_is_told_as_that(tmp_path: Path) -> None:
    """It is there, and leads to nothing."""
    path = tmp_path / "a.cassette.jsonl"
    path.symlink_to(path.name)
    (one,) = select([path])
    assert one.error is not None
    assert "is a link that leads to no file" in one.error.what
