"""An answer on the screen."""

import pytest
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from tui_daemon import screen_text, turn

from nexdiag.agent import progress as told
from nexdiag.tui.answer import WINDOW, AnswerBlock
from nexdiag.tui.entries import Answer
from nexdiag.tui.markdown import Piece
from nexdiag.tui.transcript import Transcript

pytestmark = pytest.mark.anyio
PARAGRAPH = "word " * 30 + "\n\n"


class One(App[None]):
    """One answer."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.transcript = Transcript()
        self.transcript.apply(told.TurnStarted(turn=turn()))
        self.transcript.apply(told.TextDelta(text=text))
        self.entry = next(entry for entry in self.transcript.entries.values() if isinstance(entry, Answer))
        self.block = AnswerBlock(self.entry)

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield self.block

    async def add(self, text: str) -> None:
        self.transcript.apply(told.TextDelta(text=text))
        await self.block.show()


async def test_a_long_answer_costs_a_window_and_copies_whole() -> None:
    """However long the answer, the screen holds so many pieces; its text is all there."""
    app = One("begin\n\n")
    async with app.run_test(size=(80, 24)) as pilot:
        await app.add(PARAGRAPH * 300)
        await app.add("".join(f"{at} {PARAGRAPH}" for at in range(1600)))
        await app.add("end")
        assert len(app.query(Piece)) == WINDOW
        assert len(list(app.screen.walk_children())) < 60 * WINDOW
        assert len(app.block.copied()) > 250_000
        assert app.block.copied().startswith("begin")
        await pilot.pause()
        assert "characters before: Enter shows them" in screen_text(app)
        first = app.query(Piece).first().source
        await app.block.action_earlier()
        assert len(app.query(Piece)) == WINDOW
        assert app.query(Piece).first().source != first
        await app.block.reveal("begin")
        assert app.query(Piece).first().source.startswith("begin")
        await app.block.reveal("end")
        assert len(app.query(Piece)) <= WINDOW
        assert any("end" in piece.source for piece in app.query(Piece))


async def test_only_the_last_piece_is_parsed_again() -> None:
    app = One()
    async with app.run_test() as pilot:
        await app.add(PARAGRAPH * 60 + "tail")
        await pilot.pause()
        pieces = list(app.query(Piece))
        assert len(pieces) > 1
        sources = [piece.source for piece in pieces[:-1]]
        parsed: list[Piece] = []
        for piece in pieces:
            piece.append = lambda text, piece=piece: parsed.append(piece) or _nothing()  # type: ignore[method-assign,misc]
        await app.add("more")
        assert parsed == pieces[-1:]
        assert [piece.source for piece in pieces[:-1]] == sources


async def _nothing() -> None:
    pass


async def test_a_line_end_that_comes_in_two_halves_is_one() -> None:
    """A carriage return at the end of a delta waits for what comes; alone it is shown."""
    app = One("a\r")
    async with app.run_test(size=(40, 10)) as pilot:
        await app.add("\nb\rc")
        await pilot.pause()
        assert [line.strip() for line in screen_text(app).splitlines() if line.strip()] == ["a", "b⟨CR⟩c"]
