"""A user's message in the place of a tool's answer: what became of a call was told, but under the wrong role.

Law: only the chat wire is looked at, where an answer is a message of its own, with the id of its call.
"""

import msgspec

from nexdiag.lint.quoting import listed
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.message import ANSWERS, USER, CallSeen


class Instead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A message of the user, and the calls in the place of whose answers it stands."""

    at: int
    asked: int
    """The message that calls."""
    calls: tuple[CallSeen, ...]

    @property
    def fix(self) -> str:
        """What has to be done."""
        if len(self.calls) == 1 and self.calls[0].id:
            return f'messages[{self.at}] role: user -> tool + tool_call_id: "{self.calls[0].id}"'
        ids = listed([call.id or call.name or "a call" for call in self.calls])
        return (
            f"give each of {ids} a message of its own right after messages[{self.asked}], with role tool and its "
            f"tool_call_id: messages[{self.at}] says in the user's name what belongs there"
        )


def standing(history: History, at: int) -> Instead | None:
    """The calls whose answers the message at that index stands for; None if it is the user's own, or answers one."""
    if history.list_name != "messages" or not 0 < at < len(history.messages):
        return None
    message = history.messages[at]
    if not message.traits & USER or message.answers or not message.text.strip():
        return None
    asked = at - 1
    while asked > 0 and history.messages[asked].traits & ANSWERS and not history.messages[asked].calls:
        asked -= 1
    owed = tuple(call for call in history.owed(asked) if call.where.startswith("/tool_calls"))
    return Instead(at=at, asked=asked, calls=owed) if owed else None


def behind(history: History, asked: int) -> Instead | None:
    """What stands for the answers to the calls of that message; None if nothing does."""
    at = asked + 1
    while at < len(history.messages) and history.messages[at].answers and not history.messages[at].calls:
        at += 1
    return standing(history, at)


def spoken_after(history: History, at: int) -> bool:
    """Whether the user speaks again right behind that message: then it is not what they came to say."""
    after = history.messages[at + 1] if at + 1 < len(history.messages) else None
    return after is not None and bool(after.traits & USER) and not after.answers
