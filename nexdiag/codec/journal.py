"""Session journal: lines of `conversation.jsonl` ⇄ entries, and core messages ⇄ the blocks inside an entry.

The format is that of the reference executor, so that one reader serves the state directories of both. It knows two
roles, `user` and `assistant`; what a tool said stands in a user message as a `tool_result` block. What it cannot say
stands under keys that its own reader passes over: `request_id` and `turn` on an entry, `arguments` beside the `input`
of a call (the text that the model sent, where the value would not give it back), `extra` there too (what its server
wants back with it), and `nexdiag` (the fields of our message that the blocks alone would not give back).

Law: text and words only. Files, the order of entries and the repair of a history live in `agent.session`.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.message import Message, ToolCall, Usage
from nexdiag.core.turn import ToolRun

RAW = "__raw_arguments"
"""The one key of an `input` that stands for arguments which are no JSON."""
PARSE_ERROR = "__parse_error"
DEEPEST = 100
"""Levels of nesting that we write: the reference's reader gives up a line at 128."""
STOP_REASONS = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens", "content_filter": "stop_sequence"}
"""A server's finish reason, in the journal's words."""
END_REASONS = ("complete", "max_turns", "interrupted")


class Text(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="text"):
    """What was said."""

    text: str


class Thinking(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="thinking"):
    """What the model thought aloud."""

    thinking: str
    reasoning_details: Any = None


class ToolUse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="tool_use"):
    """A call."""

    id: str
    name: str
    input: Any
    arguments: Any = None
    """Ours: the raw text, where `input` written again would differ from it."""
    extra: Any = None
    """Ours: fields of the call that its server wants back (Gemini's thought signature)."""


class ToolResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="tool_result"):
    """What came of a call."""

    tool_use_id: str
    content: str
    is_error: bool | None = None


class Odd(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="nexdiag.odd"):
    """A block that is none of these; kept, so that nothing is lost when the entry is written again."""

    raw: Any


Block = Text | Thinking | ToolUse | ToolResult | Odd


class Tokens(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens, under the journal's names."""

    input_tokens: int
    output_tokens: int
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    reasoning_tokens: int | None = None


class _Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="entry_type"):
    seq: int
    timestamp: str
    request_id: str | None = None
    turn: int | None = None


class InitEntry(_Entry, frozen=True, kw_only=True, tag="init"):
    """A process began to work on the session; each start writes one."""

    model: str
    provider: str
    system_prompt: str
    tools: tuple[dict[str, Any], ...]
    """`name`, `description` and `input_schema` of each."""
    task_id: str | None = None


class MessageEntry(_Entry, frozen=True, kw_only=True, tag="message"):
    """A message of the conversation."""

    role: str
    content: tuple[Block, ...]
    usage: Tokens | None = None
    response_id: str | None = None
    stop_reason: str | None = None
    nexdiag: dict[str, Any] | None = None


class ToolExecutionEntry(_Entry, frozen=True, kw_only=True, tag="tool_execution"):
    """A tool ran: its whole output, written before the message that tells the model."""

    tool_use_id: str
    name: str
    input: Any
    output: str
    is_error: bool
    duration_ms: int
    arguments: str | None = None


class CompactionEntry(_Entry, frozen=True, kw_only=True, tag="compaction"):
    """Older messages were replaced by a summary."""

    compacted_through_seq: int
    summary: str
    original_message_count: int
    original_token_count: int
    model_used: str | None = None
    fallback_reason: str | None = None


class EndEntry(_Entry, frozen=True, kw_only=True, tag="end"):
    """The process ended its work: one of `END_REASONS`, or `{"error": {"message": ...}}`."""

    reason: str | dict[str, Any]
    total_usage: Tokens
    turns: int


Entry = InitEntry | MessageEntry | ToolExecutionEntry | CompactionEntry | EndEntry


class Bad(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is no entry."""

    raw: bytes
    why: str


_TYPES: dict[str, type[Entry]] = {
    "init": InitEntry,
    "message": MessageEntry,
    "tool_execution": ToolExecutionEntry,
    "compaction": CompactionEntry,
    "end": EndEntry,
}


def timestamp(seconds: float) -> str:
    """Unix time as RFC 3339 in UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(text: str) -> float | None:
    """Unix time of an RFC 3339 text; None if it is none."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def encode(entry: Entry) -> bytes:
    """One line, without its newline. Raises ValueError for values nested deeper than JSON can be written."""
    line: dict[str, Any] = {"seq": entry.seq, "timestamp": entry.timestamp, "entry_type": entry.__struct_config__.tag}
    for name in entry.__struct_fields__:
        value = getattr(entry, name)
        if name == "content":
            value = [block.raw if isinstance(block, Odd) else block for block in value]
        if value is not None or name == "input":
            line.setdefault(name, value)
    try:
        return jsontext.write(msgspec.to_builtins(line))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def decode(line: bytes) -> Entry | Bad:
    """One entry. A line that is none is a `Bad`, never an exception; keys that we do not know are passed over."""
    try:
        fields = jsontext.read(line)
    except ValueError as error:
        return Bad(raw=line, why=f"no JSON: {error}")
    kind = fields.get("entry_type") if isinstance(fields, dict) else None
    wanted = _TYPES.get(kind) if isinstance(kind, str) else None
    if wanted is None:
        return Bad(raw=line, why=f"wanted one of the entry types {', '.join(_TYPES)}; found {str(kind)[:40]!r}")
    if wanted is MessageEntry:
        if not isinstance(fields.get("content"), list):
            return Bad(raw=line, why="a message without a list of blocks")
        fields["content"] = [_block(block) for block in fields["content"]]
    try:
        return _convert(fields, wanted)
    except (ValueError, RecursionError) as error:
        return Bad(raw=line, why=str(error))


def _convert(fields: dict[str, Any], wanted: type[Entry]) -> Entry:
    try:
        return msgspec.convert(fields, wanted)
    except ValueError:  # a message is worth more than an odd usage count beside it: do without what does not fit
        pass
    optional = [field.name for field in msgspec.structs.fields(wanted) if not field.required]
    kept = {key: value for key, value in fields.items() if key not in optional}
    entry = msgspec.convert(kept, wanted)
    for key in optional:
        try:
            entry = msgspec.convert({**kept, key: fields.get(key)}, wanted)
        except ValueError:
            continue
        kept[key] = fields.get(key)
    return entry


def _block(raw: object) -> Block:
    try:
        block: Block = msgspec.convert(raw, Text | Thinking | ToolUse | ToolResult)
    except (ValueError, RecursionError):
        return Odd(raw=raw)
    return block


def tokens(usage: Usage) -> Tokens:
    """Our count under the journal's names; what is zero beyond input and output is left out."""
    return Tokens(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_input_tokens=usage.cached_tokens or None,
        reasoning_tokens=usage.reasoning_tokens or None,
    )


def tool_input(arguments: str) -> tuple[Any, str | None]:
    """Give the value for `input`; and the raw text, where the value written again would differ from it."""
    value: Any = {RAW: arguments}
    try:
        read = jsontext.read(arguments) if arguments.strip() else {}
    except ValueError:
        read = value
    if _shallow(read):
        value = read
    return value, None if tool_arguments(value) == arguments else arguments


def tool_arguments(value: object) -> str:
    """Give the arguments that an `input` stands for."""
    if isinstance(value, dict) and isinstance(value.get(RAW), str) and value.keys() <= {RAW, PARSE_ERROR}:
        return str(value[RAW])
    try:
        return jsontext.write(value).decode()
    except ValueError:
        return "{}"


def from_message(message: Message) -> tuple[Block, ...]:
    """Give the blocks of one message."""
    if message.role == "tool":
        failed = True if message.is_error else None
        return (ToolResult(tool_use_id=message.tool_call_id or "", content=message.text, is_error=failed),)
    blocks: list[Block] = []
    if message.role == "assistant" and message.reasoning is not None:
        blocks.append(Thinking(thinking=message.reasoning, reasoning_details=message.extra.get("reasoning_details")))
    if message.content is not None:
        blocks.append(Text(text=message.text))
    for call in message.tool_calls if message.role == "assistant" else ():
        value, arguments = tool_input(call.arguments)
        extra = call.extra if call.extra and _shallow(call.extra) else None
        blocks.append(ToolUse(id=call.id, name=call.name, input=value, arguments=arguments, extra=extra))
    return tuple(blocks)


def message_entry(message: Message, *, seq: int, timestamp: str) -> MessageEntry:
    """Make the entry of one message."""
    role = "assistant" if message.role == "assistant" else "user"
    entry = MessageEntry(seq=seq, timestamp=timestamp, role=role, content=from_message(message))
    base = messages_of(entry)[0]
    differing = {
        name: msgspec.to_builtins(list(value) if isinstance(value, tuple) else value)
        for name, value in msgspec.structs.asdict(message).items()
        if getattr(base, name) != value and _shallow(value)
    }
    return msgspec.structs.replace(entry, nexdiag=differing or None)


def tool_entry(run: ToolRun, *, seq: int, timestamp: str) -> ToolExecutionEntry:
    """Make the entry of one tool run."""
    value, arguments = tool_input(run.arguments)
    return ToolExecutionEntry(
        seq=seq,
        timestamp=timestamp,
        turn=run.turn,
        tool_use_id=run.call_id,
        name=run.name,
        input=value,
        arguments=arguments,
        output=run.output,
        is_error=run.is_error,
        duration_ms=round(run.duration * 1000),
    )


def messages_of(entry: MessageEntry) -> list[Message]:
    """Give the messages of one entry: tool results first, each as a message of its own, then what was said."""
    texts = [block.text for block in entry.content if isinstance(block, Text)]
    content = "\n".join(texts) if texts else None
    if entry.role == "assistant":
        messages = [_assistant(entry, content)]
    else:
        messages = [
            Message(role="tool", content=block.content, tool_call_id=block.tool_use_id, is_error=block.is_error is True)
            for block in entry.content
            if isinstance(block, ToolResult)
        ]
        if texts or not messages:
            messages.append(Message(role=entry.role, content=content))
    if entry.nexdiag and len(messages) == 1:
        try:
            return [msgspec.convert({**msgspec.to_builtins(messages[0]), **entry.nexdiag}, Message)]
        except (ValueError, TypeError):
            return messages
    return messages


def _assistant(entry: MessageEntry, content: str | None) -> Message:
    thoughts = [block for block in entry.content if isinstance(block, Thinking)]
    details = [block.reasoning_details for block in thoughts if block.reasoning_details is not None]
    return Message(
        role="assistant",
        content=content,
        reasoning="\n".join(block.thinking for block in thoughts) if thoughts else None,
        extra={"reasoning_details": details[-1]} if details else {},
        tool_calls=tuple(
            ToolCall(
                id=block.id,
                name=block.name,
                arguments=block.arguments if isinstance(block.arguments, str) else tool_arguments(block.input),
                extra=block.extra if isinstance(block.extra, dict) else {},
            )
            for block in entry.content
            if isinstance(block, ToolUse)
        ),
    )


def _shallow(value: object) -> bool:
    """Whether it is nested at most `DEEPEST` levels deep."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list | tuple)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return True
    return False
