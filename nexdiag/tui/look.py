"""Colours, spacing and lines: the whole look in one place. One accent colour; everything else is a shade.

Law: no universal selector, and no rule that depends on a focus somewhere inside a widget: such rules make textual
style every widget again, and a long conversation freezes.
"""

from textual.theme import Theme

_DARK_SHADES = {"dim": "#89939b", "faint": "#5f6971"}
_LIGHT_SHADES = {"dim": "#66707a", "faint": "#939ca4"}
SHADES = _DARK_SHADES
"""Our own names for colours, and what they are before a theme says."""

DARK = Theme(
    name="nexdiag",
    primary="#7cb7a8",
    secondary="#8fa3b5",
    accent="#7cb7a8",
    foreground="#d3d7db",
    background="#14171a",
    surface="#1a1e22",
    panel="#20252a",
    success="#8fb573",
    warning="#d9ad62",
    error="#d97b72",
    dark=True,
    variables={"border": "#3a434b", "border-blurred": "#2a3137", "block-cursor-text-style": "none"} | _DARK_SHADES,
)
LIGHT = Theme(
    name="nexdiag-light",
    primary="#2f7566",
    secondary="#5a6b7a",
    accent="#2f7566",
    foreground="#22282d",
    background="#fbfbf9",
    surface="#f3f3f0",
    panel="#e9e9e5",
    success="#4d7a2f",
    warning="#96660f",
    error="#b3423a",
    dark=False,
    variables={"border": "#b9bfc4", "border-blurred": "#d5d9dc", "block-cursor-text-style": "none"} | _LIGHT_SHADES,
)

CSS = """
Screen { background: $background; }

#body { height: 1fr; }
#main { width: 1fr; }

#chats {
    width: 28; height: 1fr; border: none; border-right: solid $border-blurred; background: $background;
    padding: 1 0 0 1; scrollbar-size-vertical: 1;
}
#chats > .option-list--option-highlighted { background: $background; }
#chats:focus > .option-list--option-highlighted { background: $panel; }

#banner { background: $error 18%; color: $text; padding: 0 2; height: auto; max-height: 3; }

#conversation {
    content-align: center middle; text-align: center; height: 1fr;
    padding: 1 0 0 2; scrollbar-size-vertical: 1; scrollbar-color: $border-blurred;
    scrollbar-color-hover: $border; scrollbar-color-active: $accent; scrollbar-background: $background;
    scrollbar-background-hover: $background; scrollbar-background-active: $background;
}
.said { margin: 1 2 1 0; padding: 0 1; height: auto; border-left: outer $accent; background: $surface; }
.said.-close, .failure.-close { margin: 0 2 1 0; }
.said.-waiting { border-left: outer $border; color: $dim; }
.answer { height: auto; margin: 1 2 0 0; padding: 0 0 0 1; border-left: blank; }
.answer:focus { border-left: outer $accent 60%; }
.above { color: $dim; margin: 0 0 1 0; height: auto; }
.tool, .thought { height: auto; margin: 0 2 0 0; padding: 0 1; border-left: blank; }
.tool:focus, .thought:focus { border-left: outer $accent 60%; }
.tool.-open, .thought.-open { background: $surface; border-left: outer $border; margin: 1 2 1 0; }
.tool.-failed.-open { border-left: outer $error; }
.tool.-open:focus, .thought.-open:focus { border-left: outer $accent; }
.note { height: auto; margin: 0 2 0 0; padding: 0 2; color: $dim; }
.note.-alarm { color: $warning; }
.failure {
    height: auto; margin: 1 2 1 0; padding: 0 1; border-left: outer $error; background: $error 12%; color: $error;
}

Piece { padding: 0; }
MarkdownFence { background: $surface; color: $foreground; margin: 0 0 1 0; }
MarkdownFence > Label { padding: 0 1; }
MarkdownH1, MarkdownH2, MarkdownH3, MarkdownH4, MarkdownH5, MarkdownH6 {
    content-align: left middle; text-style: bold; color: $foreground; background: $background; margin: 0 0 1 0;
    border: none; padding: 0; width: 1fr;
}
MarkdownH1, MarkdownH2 { color: $accent; }
MarkdownBlockQuote { background: $background; border-left: outer $border; margin: 0 0 1 0; padding: 0 1; }
TableBlock { margin: 0 0 1 0; background: $background; }
BulletList, NumberedList { margin: 0 0 1 0; }
Piece .drawn { width: 1fr; height: auto; }
Piece MarkdownBlock > .code_inline { background: $surface; color: $accent; }

#search { height: 1; background: $panel; padding: 0 2; }
#search .mark { width: 2; color: $accent; }
#search Input { width: 1fr; background: $panel; }
#search .count { width: auto; color: $dim; }

#prompt {
    height: auto; min-height: 3; max-height: 10; margin: 0 1; padding: 0 1; border: round $border-blurred;
    background: $background; scrollbar-size-vertical: 1; border-subtitle-color: $accent;
}
#prompt:focus { border: round $accent 70%; }
#status { height: 1; padding: 0 3 0 3; width: 1fr; }

Guide { align: center middle; background: $background 70%; }
#guide {
    width: 74; max-width: 96%; height: auto; max-height: 96%; padding: 1 2; border: round $accent 70%;
    background: $surface; scrollbar-size-vertical: 1; scrollbar-color: $border; scrollbar-background: $surface;
    scrollbar-color-hover: $border; scrollbar-background-hover: $surface; scrollbar-color-active: $accent;
    scrollbar-background-active: $surface;
}
#guide Static { height: auto; }
Toast { background: $panel; }
"""
