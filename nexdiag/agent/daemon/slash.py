"""What the daemon itself answers in a chat: text that begins with a slash is never silence, and never the model's."""

import re

import msgspec

from nexdiag.core.message import Usage

COMMANDS = {
    "help": "what can be typed",
    "status": "the chat: executor, model, turns, what waits",
    "tokens": "what the turns took since the daemon has the chat",
    "compact": "make the conversation shorter, so that it fits the context window",
    "clear": "says how to begin anew: a chat's conversation is never thrown away",
    "new": "says how to begin another chat",
    "quit": "says how to leave: a chat goes on without you",
}
_SAME = {"?": "help", "exit": "quit"}
_FORM = re.compile(r"\s*/([a-z?]+)(\s.*)?", re.DOTALL)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a chat stands."""

    number: int
    executor: str = ""
    model: str = ""
    turns: int = 0
    waiting: int = 0
    """Questions, but for the one that asks."""
    usage: Usage = Usage()
    used: int = 0
    """Tokens of the context window that the next request takes; 0 if nothing is known."""
    window: int | None = None


def command_of(text: str) -> str | None:
    """The command that a text is, by its full name; `""` for one that there is not; None for what is for the model.

    A slash before a word alone is a command, or a mistyped one; a path, or a sentence that begins with one, is not.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    name = _SAME.get(match[1], match[1])
    if name in COMMANDS:
        return name
    return None if (match[2] or "").strip() else ""


def reply_to(command: str, text: str, standing: Standing) -> str:
    """The answer to every command but `compact`, which is for the executor."""
    fixed = {
        "help": "\n".join(f"/{name:<9}{about}" for name, about in COMMANDS.items()),
        "clear": "nothing was cleared: the chat keeps its conversation. Begin another: nexdiag chat --create NAME",
        "new": "begin another chat with: nexdiag chat --create NAME; then talk to it: nexdiag chat --chat N",
        "quit": f"the chat goes on without you; set it aside with: nexdiag session archive chat-{standing.number}",
    }
    if command in {"status", "tokens"}:
        return _status(standing) if command == "status" else _tokens(standing)
    return fixed.get(command, f"no such command: {text.strip()[:80]} (see /help); it was not sent to the model")


def _status(standing: Standing) -> str:
    parts = [f"executor {standing.executor or 'nex'}"]
    parts += [f"model {standing.model}"] if standing.model else []
    parts += [f"{standing.turns} turns", f"{standing.waiting} waiting"]
    return f"chat {standing.number}: {', '.join(parts)}; {_context(standing)}"


def _tokens(standing: Standing) -> str:
    usage = standing.usage
    spent = f"{usage.input_tokens} tokens in ({usage.cached_tokens} cached), {usage.output_tokens} out"
    return f"{spent}; {_context(standing)}"


def _context(standing: Standing) -> str:
    if not standing.used:
        return "the context in use is not known yet"
    if not standing.window:
        return f"{standing.used} tokens of context in use"
    return f"{standing.used} of {standing.window} tokens of context in use ({standing.used * 100 // standing.window} %)"
