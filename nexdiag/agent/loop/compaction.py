"""Making a conversation shorter. Pure.

    prune      old results of tools are cleared, all at once: it breaks the server's prompt cache one time only
    summarise  the model sums up what was said; then one message of the user stands for all of it, with the summary and
               what the user said last, word for word

Law: no call is parted from its result, for a summary stands for whole conversations only; what the user said last is
never lost; nothing is taken for a summary that is empty, or that would save less than a tenth.
"""

import re
from collections.abc import Sequence

import msgspec

from nexdiag.agent.loop import budget, normalise
from nexdiag.agent.loop.continuation import CONTINUE
from nexdiag.codec import jsontext
from nexdiag.core.message import Message

SUMMARY = "[The conversation up to here, summarised]"
"""How the message begins that stands for a conversation."""
WORDS = "[What the user said last, word for word; go on from where the summary ends]"
"""Stands between the summary and the user's own words."""
CLEARED = "[Old tool result cleared to make room]"
REASON = "cleared"
"""Why an entry of the journal holds a remark and no summary."""
_REMARK = "microcompact: cleared the results of "
EARLIER = "[Of what was said before this, only the user's words are left, in brief:]"
PAUSED = "[Paused to make room.]"
"""Stands for the answer of a turn that is summed up before it has one: some servers want it between tool and user."""
INSTRUCTION = """\
The conversation has grown too long for the context window. Sum it up, for yourself: from now on your summary is all \
that is left of it, but for what the user said last. Call no tool. Answer with the summary alone, under these headings:
Goal: what the user wants, with every condition and preference that was said.
Done: what was found out, decided and changed; names of files, commands, numbers and error messages as they were.
Open: what is under way, what is left to do, and the very next thing to do."""
_BRIEFLY = "\nYour last summary was cut off at its token limit. Be brief: at most"

_WARNING = re.compile(r"\n*<context-warning>.*?</context-warning>", re.DOTALL)
_PROTECTED = 2
"""Turns at the end whose results are not cleared."""
_SHORT = 200
"""Characters of a result that is not worth clearing."""
_LONG = 2000
"""Characters of an answer that are kept where a request for a summary has to be cut."""
_REST = 0.75
"""Of the room for such a request: what is not for the user's older words in brief."""
_FEWEST = 20
"""Tokens to which a message of the user is cut at most."""
_FREED = 0.2
"""Share of the window that clearing has to free, for the prompt cache that it costs."""
_LARGE = 0.25
"""Share of the window above which a result is cleared wherever it stands, if the conversation does not fit."""
_SAVED = 0.9
_MOST = 20_000
"""Tokens of the user's last words, and of the room that is kept for a summary."""
_SCRAP = 50
"""Tokens for which no message of the user is cut."""


def ceiling(window: int) -> int:
    """Tokens above which a conversation is made shorter: there must be room for a summary, and for what comes."""
    room = min(_MOST, max(2048, window * 15 // 100))
    return max(min(window * 85 // 100, window - room - min(13_000, window // 20)), window * 60 // 100)


def summary_room(window: int) -> int:
    """Tokens that a summary may take."""
    return min(_MOST, max(512, window * 15 // 100))


# ---- results of tools


def clearable(messages: Sequence[Message], window: int, *, overflown: bool = False) -> tuple[str, ...]:
    """The calls whose results can be cleared, by id; none if that would free too little.

    With `overflown`, however little; and then also large results of the last turns.
    """
    turns = [place for place, message in enumerate(messages) if message.role == "user"]
    old = turns[-_PROTECTED] if len(turns) >= _PROTECTED else 0
    found, freed = [], 0
    for place, message in enumerate(messages):
        if message.role != "tool" or len(message.text) <= _SHORT or message.tool_call_id is None:
            continue
        size = budget.tokens(message.text)
        if place < old or (overflown and size > window * _LARGE):
            found.append(message.tool_call_id)
            freed += size
    enough = overflown or freed >= min(window * _FREED, _MOST)
    return tuple(found) if enough else ()


def cleared(messages: Sequence[Message], ids: Sequence[str]) -> list[Message]:
    """The conversation with the results of these calls cleared."""
    wanted = set(ids)
    return [
        msgspec.structs.replace(message, content=CLEARED)
        if message.role == "tool" and message.tool_call_id in wanted
        else message
        for message in messages
    ]


def remark(ids: Sequence[str]) -> str:
    """What the journal holds of it. It begins as the reference's remarks do: nobody takes it for a summary."""
    return f"{_REMARK}{jsontext.write(list(ids)).decode()}"


def remarked(text: str) -> frozenset[str]:
    """The ids in a remark; none if it is none of ours."""
    if not text.startswith(_REMARK):
        return frozenset()
    try:
        ids = jsontext.read(text.removeprefix(_REMARK))
    except ValueError:
        return frozenset()
    return frozenset(one for one in ids if isinstance(one, str)) if isinstance(ids, list) else frozenset()


# ---- summaries


def request(messages: Sequence[Message], room: int | None = None) -> tuple[Message, ...]:
    """The messages that ask for a summary; none if there is nothing to sum up.

    They begin as the conversation does, for the server's prompt cache. A question at the end is left out: it is open,
    and is kept word for word. `room` is how many tokens they may take; where they take more, old ones are left out.
    """
    history = list(messages)
    if history and history[-1].role == "user":
        history.pop()
    if not history:
        return ()
    if history[-1].role == "tool":
        history.append(Message(role="assistant", content=PAUSED))
    ask = Message(role="user", content=INSTRUCTION)
    if room is not None:
        history = _within(history, room - budget.tokens(INSTRUCTION))
    return (*history, ask)


def briefer(asked: Sequence[Message], most: int) -> tuple[Message, ...]:
    """The same request, for a summary of `most` words after one that was cut off; none if it was briefer already."""
    *before, ask = asked
    if _BRIEFLY in ask.text:
        return ()
    return (*before, Message(role="user", content=f"{ask.text}{_BRIEFLY} {most} words."))


def _within(history: list[Message], room: int) -> list[Message]:
    """What of the conversation fits: first without long texts of tools and model, then without its beginning.

    Of that, what the user said stays in brief, and so does an older summary.
    """
    if budget.estimate(history) <= room:
        return history
    history = [_brief(message) for message in history]
    starts = [place for place, message in enumerate(history) if message.role in ("user", "assistant")]
    start = next((place for place in starts if budget.estimate(history[place:]) <= room * _REST), starts[-1])
    if start == 0:
        return history
    spoken = [message.text for message in history[:start] if message.role == "user"]
    share = max(int(room * (1 - _REST)) // max(len(spoken), 1), _FEWEST)
    note = Message(role="user", content="\n\n".join([EARLIER, *(budget.cut(text, share) for text in spoken)]))
    first, *rest = history[start:]
    return [normalise.merged(note, first), *rest] if first.role == "user" else [note, first, *rest]


def _brief(message: Message) -> Message:
    if message.role == "tool" and len(message.text) > _SHORT:
        return msgspec.structs.replace(message, content=CLEARED)
    if message.role == "assistant" and len(message.text) > _LONG:
        return msgspec.structs.replace(message, content=budget.cut(message.text, _LONG // 4))
    return message


def words(messages: Sequence[Message], window: int) -> tuple[str, ...]:
    """What the user said last, oldest first; the very last whole, if half the window holds it."""
    room = min(_MOST, window * 15 // 100)
    kept: list[str] = []
    for text in reversed([said for message in messages if (said := _said(message))]):
        most = room if kept else max(room, window // 2)
        size = budget.tokens(text)
        if size > most and kept and most < _SCRAP:
            break
        kept.append(budget.cut(text, most))
        room -= size
        if room <= 0:
            break
    return tuple(reversed(kept))


def _said(message: Message) -> str:
    """The user's own words in a message: without our notes and warnings, and without an older summary."""
    if message.role != "user":
        return ""
    text = message.text
    if isinstance(message.content, list):
        others = [str(part.get("type")) for part in message.content if not isinstance(part.get("text"), str)]
        text = "\n".join([text, *(f"[{kind} left out]" for kind in others)]).strip()
    if text.startswith(SUMMARY):
        text = text.partition(WORDS)[2]
    for note in (CONTINUE, normalise.LOST, EARLIER):
        text = text.replace(note, "")
    return _WARNING.sub("", text).strip()


def folded(messages: Sequence[Message], summary: str, window: int) -> str | None:
    """What stands for the conversation from now on; None if it would not be shorter by a tenth, or holds nothing.

    It is kept in the journal; `standing` makes the message of it.
    """
    if not summary.strip():
        return None
    text = "\n\n".join([summary.strip(), WORDS, *words(messages, window)])
    shorter = budget.tokens(text) <= budget.estimate(messages) * _SAVED
    return text if shorter else None


def summary_of(message: Message) -> str:
    """The summary in a message that stands for a conversation; empty if it is no such message."""
    _, found, text = message.text.partition(SUMMARY)
    return text.partition(WORDS)[0].strip() if found and message.text.startswith(SUMMARY) else ""


def standing(text: str) -> Message:
    """The message that stands for a conversation."""
    return Message(role="user", content=f"{SUMMARY}\n\n{text}")
