"""What a CLI that begins anew is told of the conversation so far. Pure.

It happens when a chat changes its executor, and when a CLI has lost its session.
"""

from collections.abc import Sequence

from nexdiag.agent.tools.output import head_tail
from nexdiag.core.message import Message

MOST = 20_000
"""Characters of all that is told."""
_EACH = 4000
_WHO = {"user": "User", "assistant": "Assistant"}


def with_recap(text: str, messages: Sequence[Message]) -> str:
    """The question, below what was said before it: the newest of that, as far as there is room."""
    told: list[str] = []
    room = MOST
    for message in reversed(messages):
        who, said = _WHO.get(message.role), message.text.strip()
        if who is None or not said:
            continue
        entry = f"{who}: {head_tail(said, _EACH)}"
        room -= len(entry)
        if room < 0:
            told.append("[What was said earlier is left out.]")
            break
        told.append(entry)
    if not told:
        return text
    before = "\n\n".join(reversed(told))
    return (
        f"[This conversation began in another session. Up to here it went like this:]\n\n{before}\n\n[Now:]\n\n{text}"
    )
