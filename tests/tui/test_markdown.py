"""Markdown of a model, which may be anything."""

from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownFence
from tui_daemon import ScriptedDaemon, app_on, opened, screen_text, until

from nexdiag.core.message import Message
from nexdiag.tui.markdown import CarefulParser, Fence, Piece

pytestmark = pytest.mark.anyio


def kinds(text: str) -> list[str]:
    return [token.type for token in CarefulParser().parse(text)]


def test_html_and_links_are_words() -> None:
    """What a browser would obey is shown, a thinking tag included."""
    assert "html_block" not in kinds("<script>x</script>\n\n<think>")
    inline = CarefulParser().parse("a <b>c</b> http://x.y")[1]
    assert [child.type for child in inline.children or ()] == ["text"]


def test_a_line_break_of_the_model_is_one() -> None:
    inline = CarefulParser().parse("one\ntwo")[1]
    assert [child.type for child in inline.children or ()] == ["text", "hardbreak", "text"]


@pytest.mark.parametrize("text", ["# h\n" * 100, "- a\n" * 500, "|a|b|\n|-|-|\n" + "|1|2|\n" * 400, "---\n" * 80])
def test_what_would_take_too_many_blocks_is_plain_text(text: str) -> None:
    """A few thousand characters never make thousands of widgets."""
    assert kinds(text) == ["code_block"]


async def test_code_is_coloured_only_where_its_language_is_named_and_its_lines_are_not_huge() -> None:
    """A language is not guessed: guessing runs every lexer there is over the code."""
    assert Fence.highlight("x = 1", "").spans == []
    assert Fence.highlight("x = 1", "no-such-language {x}").plain == "x = 1"
    assert len(Fence.highlight("x = 1", "python").spans) > 2
    assert Fence.highlight("x" * 600, "python").spans == []


HOSTILE = (
    "\x1b[31mred\x1b]52;c;QUFB\x07 \x9b2J [bold red]x[/bold red] [/] [@click=app.quit]go[/] <b>h</b> \u202eabc\n\n"
    "|[/b]|\x1b[1m|\n|-|-|\n|[bold|[/]|\n\n- [red]item[/]\n  1. \x1b[2Jdeep\n\n```[/x]\n\x1b[0m[/]\n```\n\n"
    + "[" * 500
    + "](x) ![a](b) ~~gone~~ [go](javascript:x)\n\n"
    + ">" * 300
    + " q\n"
)


async def test_hostile_text_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    """Escape sequences, markup and HTML come out as the signs that they are, in every kind of block."""
    calls = '{"path": "\\u001b[31m[/b]"}'
    talk = [
        Message(role="user", content=HOSTILE),
        Message(role="assistant", content=HOSTILE, reasoning=HOSTILE),
        Message(role="oracle", content=HOSTILE),
        Message(role="tool", tool_call_id=None, content=HOSTILE + calls),
    ]
    daemon = ScriptedDaemon(talk)
    daemon.rows[0] = {"name": "\x1b[31m[/b]", "model": "[/]\x1b[0m\n"}
    app = app_on(daemon, tmp_path)
    async with app.run_test(size=(100, 160)) as pilot:
        await opened(pilot, daemon)
        await until(pilot, lambda: "⟨ESC⟩[31mred" in screen_text(app))
        await pilot.press("shift+tab", "enter")
        await pilot.pause()
        shown = screen_text(app)
    flat = "".join(line.partition("│")[2].replace(" ", "").strip("▌▐") for line in shown.splitlines())
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    for words in (
        "[bold red]x[/bold red] [/] [@click=app.quit]go[/]",
        "<b>h</b>",
        "⟨U+202E⟩abc",
        "[red]item[/]",
        "⟨ESC⟩[2Jdeep",
    ):
        assert words.replace(" ", "").strip("▌") in flat, words


class Plain(App[None]):
    """One piece."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.piece = Piece(text)
        self.opened: list[str] = []

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield self.piece

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        self.opened.append(url)
        assert new_tab


async def test_a_growing_piece_looks_like_a_whole_one_and_reparses_only_its_end() -> None:
    """Delta by delta or at once: the same blocks; a link is never opened."""
    text = "# H\n\nA *b* `c`\nd\n\n- one\n- two\n  - deep\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n"
    text += "```py\nx = 1\n```\n\nend"

    def blocks(piece: Piece) -> list[str]:
        return [
            f"{type(child).__name__} {child._content.plain if not isinstance(child, MarkdownFence) else child.code}"
            for child in piece.children
        ]  # type: ignore[attr-defined]

    app = Plain(text)
    async with app.run_test() as pilot:
        await pilot.pause()
        whole = blocks(app.piece)
        app.piece.post_message(Markdown.LinkClicked(app.piece, "http://x"))
        await pilot.pause()
    assert app.opened == []
    growing = Plain("")
    async with growing.run_test() as pilot:
        first = None
        for at in range(0, len(text), 3):
            await growing.piece.append(text[at : at + 3])
            if at > 12:
                first = first or growing.piece.children[0]
        await pilot.pause()
        assert blocks(growing.piece) == whole
        assert growing.piece.children[0] is first
