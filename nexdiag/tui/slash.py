"""What the user types after a slash, read. Pure."""

import difflib

import msgspec

COMMANDS = {
    "help": "show the keys and commands",
    "new": "a new chat; a name may follow: /new plans",
    "compact": "shorten the conversation now",
    "search": "find text in this chat: /search word",
    "copy": "copy the last answer",
    "quit": "leave; the daemon goes on",
}
"""The commands of the UI, and what they do."""
ASKED = ("status", "tokens", "clear")
"""Commands that the daemon answers, like anything else that is said."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command that was typed, with what follows it."""

    name: str
    rest: str = ""


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """What looks like a command and is none."""

    why: str


def read(text: str) -> Command | Unknown | None:
    """The command in what was typed; None where it is something to say.

    A path (`/etc/hosts is wrong`) is something to say: only one word of letters after the slash is taken for a command.
    """
    if not text.startswith("/") or "\n" in text.strip():
        return None
    word, _, rest = text[1:].strip().partition(" ")
    if word in COMMANDS:
        return Command(name=word, rest=rest.strip())
    if word == "?":
        return Command(name="help")
    if word == "exit":
        return Command(name="quit")
    if not word.isalpha() or word in ASKED:
        return None
    near = difflib.get_close_matches(word, (*COMMANDS, *ASKED), n=1)
    hint = f"did you mean /{near[0]}?" if near else "see /help"
    return Unknown(why=f"there is no command /{word}: {hint}")
