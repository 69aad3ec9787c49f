"""The help screen tells what there is."""

from pathlib import Path

from nexdiag.tui.app import ChatApp
from nexdiag.tui.guide import KEYS
from nexdiag.tui.reading import Reading
from nexdiag.tui.slash import COMMANDS

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "tui.md"


def test_every_key_and_command_is_in_the_documentation() -> None:
    """The page repeats the table: a key that is added here and not there fails."""
    text = PAGE.read_text()
    for _, rows in KEYS:
        for keys, about in rows:
            assert f"| {keys} | {about} |" in text, keys
    for name, about in COMMANDS.items():
        assert f"| `/{name}` | {about} |" in text, name


def test_every_key_of_the_application_is_told() -> None:
    told = " ".join(keys for _, rows in KEYS for keys, _ in rows).lower().replace("esc", "escape")
    bound = [key for kind in (ChatApp, Reading) for binding in kind.BINDINGS for key in binding.key.split(",")]  # type: ignore[union-attr]
    digits = {f"{held}+{at}" for held in ("alt", "ctrl") for at in range(1, 10)}
    assert {"alt+1", "ctrl+1"} <= set(bound)
    assert [key for key in bound if key not in digits | {"question_mark"} and key not in told] == []
