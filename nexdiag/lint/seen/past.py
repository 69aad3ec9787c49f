"""What the earlier exchanges of a recording told: which answer made a call or a message, and which tool run its output.

It holds one entry for each call and each answer, not their texts: memory grows with their number alone.
"""

from collections.abc import Iterable

import msgspec

from nexdiag.core.finding import Origin
from nexdiag.core.turn import ToolRun
from nexdiag.lint.seen.answer import AnswerSeen
from nexdiag.lint.seen.message import MessageSeen
from nexdiag.lint.seen.told import Told
from nexdiag.lint.seen.view import View

_THINKING = ("thinking", "redacted_thinking")


class Past:
    """All that is remembered of one recording."""

    def __init__(self, runs: Iterable[ToolRun] = ()) -> None:
        """Start before the first exchange; `runs` are the tool runs of the recording."""
        self.calls: dict[str, Origin] = {}
        """By the id of a call: the answer that made it."""
        self.texts: dict[int, Origin] = {}
        """By the hash of an answer's text: that answer."""
        self.shared: dict[str, object] = {}
        """What rules that follow the recording remember together, so that it is worked out once."""
        self._thoughts: dict[object, tuple[int, ...]] = {}
        """By the id of a call, or the hash of an answer's text: the thinking blocks of that answer, hashed."""
        self.signed = False
        """Whether any answer so far was signed, or a call of it."""
        self.reasoned = False
        """Whether any answer so far carried reasoning."""
        self.runs: dict[str, ToolRun] = {run.call_id: run for run in runs}
        """By the id of a call: its tool run."""

    def take(self, view: View) -> None:
        """Remember the answer of an exchange that has been judged."""
        if view.exchange is None or view.refused or not view.answer.known:
            return
        told = view.answer.told
        if not told.text and not told.calls:
            return
        signed = _signed(view.answer)
        origin = _origin(view, told, signed="" in signed)
        self.signed = self.signed or bool(signed)
        self.reasoned = self.reasoned or origin.reasoned
        for call in told.calls:
            own = msgspec.structs.replace(origin, signed=True) if call.id in signed and not origin.signed else origin
            self.calls[call.id] = own  # some servers use an id again: the newest maker is meant
        if told.text:
            self.texts[hash(told.text)] = origin
        if signed and (kept := thoughts(_blocks(view.answer))):
            keys: list[object] = [call.id for call in told.calls] or [hash(told.text)]
            self._thoughts |= dict.fromkeys(keys, kept)

    def thoughts_of(self, message: MessageSeen) -> tuple[int, ...] | None:
        """The thinking blocks of the answer that a message repeats, hashed; None where no signed one is known."""
        keys: list[object] = [call.id for call in message.calls] or ([hash(message.text)] if message.text else [])
        return next((self._thoughts[key] for key in keys if key in self._thoughts), None)

    def made(self, message: MessageSeen) -> Origin | None:
        """Where a message came from: the answer that it repeats, or the tool run whose output it is."""
        for call in message.calls:
            if call.id in self.calls:
                return self.calls[call.id]
        for call_id in message.answers:
            run = self.runs.get(call_id or "")
            asked = self.calls.get(call_id or "")
            if run is not None or asked is not None:
                turn = run.turn if run is not None else asked.turn if asked is not None else None
                return Origin(exchange=None if asked is None else asked.exchange, turn=turn, kind="tool run")
        return self.texts.get(hash(message.text)) if message.role == "assistant" and message.text else None


def _origin(view: View, told: Told, *, signed: bool) -> Origin:
    limit = view.fields.get("max_tokens") or view.fields.get("max_completion_tokens")
    used = 0 if told.usage is None else told.usage.output or 0
    return Origin(
        exchange=view.exchange,
        turn=view.turn,
        kind="answer",
        finish_reason=told.finish,
        reasoned=bool(told.reasoning),
        signed=signed,
        full=isinstance(limit, int) and used >= limit > 0,
    )


def thoughts(blocks: Iterable[object]) -> tuple[int, ...]:
    """The thinking blocks among a message's blocks, each by the hash of what is signed of it."""
    kept = (block for block in blocks if isinstance(block, dict) and block.get("type") in _THINKING)
    return tuple(hash(str([block.get(key) for key in ("thinking", "data", "signature")])) for block in kept)


def _blocks(answer: AnswerSeen) -> list[object]:
    """The blocks of an answer of the Messages wire, streamed or not."""
    content = answer.reply.message.extra.get("anthropic")
    return content if isinstance(content, list) else []


def _signed(answer: AnswerSeen) -> frozenset[str]:
    """The ids of the calls that are signed; empty text for the message itself. Only such answers are read whole."""
    if not answer.signed:
        return frozenset()
    message = answer.reply.message
    own = {""} if "signature" in str(message.extra) else set()
    return frozenset(own | {call.id for call in message.tool_calls if "signature" in str(call.extra)})
