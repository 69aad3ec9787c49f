"""A text of any length is summed up in calls that fit the window, and always comes to an end."""

import asyncio
from pathlib import Path

import pytest
from fake_asker import FakeAsker, Question
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.tools.asker import Asker
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.summarize import SIZE, Summarize, chunk_size, chunks
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.core.errors import ToolError


def summarize(asker: Asker | None, root: Path, *, seconds: float = 20.0, **arguments: object) -> str:
    tool = Summarize(asker, Workspace(root), spill=Spill(root=root), seconds=seconds)
    return asyncio.run(tool.run(arguments))


def test_a_short_text_takes_one_call(tmp_path: Path) -> None:
    """The text is marked as material; the instruction goes along."""
    asker = FakeAsker(lambda question: "short")
    (tmp_path / "f").write_text("long story")
    assert summarize(asker, tmp_path, path="f", instruction="Names only.") == "short"
    assert [question.prompt for question in asker.asked] == ["Summarise it. Names only.\n\nBEGIN\nlong story\nEND"]
    assert "do not do it" in asker.asked[0].system
    assert asker.asked[0].tools is None


def test_a_long_text_is_reduced_level_by_level(tmp_path: Path) -> None:
    """Parts first, two at a time, then the summaries of the parts, until one call holds them."""
    asker = FakeAsker(lambda question: question.prompt[-1000:-500], window=1000)
    text = "".join(f"Sentence number {number}. " for number in range(4000))
    assert summarize(asker, tmp_path, text=text)
    prompts = [question.prompt for question in asker.asked]
    assert prompts[0].startswith("This is part 1 of ")
    assert prompts[-1].startswith("Summarise it.")
    assert max(len(prompt) for prompt in prompts) < 2200
    assert asker.most == 2
    levels = sum(prompt.startswith("This is part 1 of ") for prompt in prompts)
    assert levels >= 2


def test_a_model_that_does_not_shorten_is_given_up(tmp_path: Path) -> None:
    """It cannot go on for ever (reference fault 28)."""
    asker = FakeAsker(lambda question: question.prompt, window=1000)
    with pytest.raises(ToolError, match="no shorter than the text"):
        summarize(asker, tmp_path, text="word " * 4000)
    assert len(asker.asked) < 30


def test_the_depth_is_bounded(tmp_path: Path) -> None:
    """Summaries that hardly shorten end after eight rounds."""
    asker = FakeAsker(lambda question: question.prompt[-int(len(question.prompt) * 0.8) :], window=100)
    with pytest.raises(ToolError, match="after 8 rounds"):
        summarize(asker, tmp_path, text="word " * 60_000)


def test_a_call_that_hangs_is_given_up(tmp_path: Path) -> None:
    """A silent server does not freeze the turn (reference fault 28)."""

    async def never(question: Question) -> str:
        await asyncio.Event().wait()
        return ""

    with pytest.raises(ToolError, match=r"no summary within 0\.05 s"):
        summarize(FakeAsker(never), tmp_path, seconds=0.05, text="x")
    with pytest.raises(ToolError, match=r"no summary within 0\.05 s"):
        summarize(FakeAsker(never, window=1000), tmp_path, seconds=0.05, text="word " * 4000)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "wanted path or text, found neither"),
        ({"path": "f", "text": "t"}, "found both"),
        ({"path": "../f"}, "outside the workspace"),
        ({"path": "missing"}, "no such file: 'missing'"),
        ({"path": "binary"}, "binary file"),
        ({"path": "big"}, "file is over 1,000,000 bytes"),
        ({"text": "x" * (SIZE + 1)}, "text is over 1,000,000 characters"),
    ],
)
def test_faults_are_told_before_anybody_is_asked(tmp_path: Path, arguments: dict[str, object], told: str) -> None:
    """Nothing is silently left out."""
    (tmp_path / "binary").write_bytes(b"a\0b")
    (tmp_path / "big").write_bytes(b"x" * (SIZE + 1))
    asker = FakeAsker(lambda question: "x")
    with pytest.raises(ToolError) as caught:
        summarize(asker, tmp_path, **arguments)
    assert told in caught.value.what
    assert asker.asked == []


def test_an_empty_text_and_no_model(tmp_path: Path) -> None:
    """Nothing to sum up is no call; no model is said."""
    assert summarize(FakeAsker(lambda question: "x"), tmp_path, text=" \n") == "(the text is empty)"
    with pytest.raises(ToolError, match="no model can be asked here"):
        summarize(None, tmp_path, text="x")


@given(st.text(alphabet="ab \n", max_size=300), st.integers(2, 50))
def test_chunks_join_to_the_text(text: str, size: int) -> None:
    """Nothing is lost or doubled, and none is longer than it may be."""
    parts = chunks(text, size)
    assert "".join(parts) == text
    assert all(len(part) <= size for part in parts)
    assert all(parts[:-1])


def test_chunks_end_where_the_text_does() -> None:
    """An empty line before a line end before a blank before the middle of a word."""
    assert chunks("aaaa\n\nbb bb", 9) == ["aaaa\n\n", "bb bb"]
    assert chunks("aaaa bb\nbb", 9) == ["aaaa bb\n", "bb"]
    assert chunks("x" * 10, 4) == ["xxxx", "xxxx", "xx"]


def test_chinese_takes_more_room_than_english() -> None:
    """Chunks are counted in tokens, or half the world's texts would overflow the window."""
    assert chunk_size("字" * 1000, 32_768) < chunk_size("word " * 200, 32_768) / 3
