"""The dialect of `claude -p --output-format stream-json`. Pure. Read from version 2.1.197."""

import re
from collections.abc import Iterator
from typing import Any

from nexdiag.agent.executors.dialect import Call, Ran, compact, count, fields, part, text
from nexdiag.agent.progress import (
    Compacted,
    Progress,
    ReasoningDelta,
    Retrying,
    TextDelta,
    TextTakenBack,
    ToolBuilding,
    ToolStarted,
)
from nexdiag.core.message import Usage

_LOST = re.compile(r"no conversation found", re.IGNORECASE)
_SYNTHETIC = "<synthetic>"
"""The model of a message that the CLI made up itself, to tell of an error."""


class Claude:
    """The CLI of Claude Code."""

    program = "claude"
    install = "npm install -g @anthropic-ai/claude-code"
    login = "claude, then /login; or set ANTHROPIC_API_KEY"

    def command(self, program: str, call: Call) -> list[str]:
        """The command line; it takes ANTHROPIC_BASE_URL from the environment by itself."""
        command = [program, "-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages"]
        command += ["--model", call.model] if call.model else []
        command += ["--resume", call.session] if call.session else []
        return [*command, *call.arguments]

    def reader(self, before: Usage) -> "ClaudeReader":  # noqa: ARG002 - it counts each turn by itself
        """A reader for one turn."""
        return ClaudeReader()

    def lost(self, words: str) -> bool:
        """Whether these words say that there is no such session any more."""
        return bool(_LOST.search(words))


class ClaudeReader:
    """Reads the lines of one turn."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self.session: str | None = None
        self.reply: str | None = None
        self.finished = False
        self.failure: str | None = None
        self.usage = Usage()
        self.total = Usage()
        self.used = 0
        self.window: int | None = None
        self._calls: dict[str, tuple[str, str]] = {}
        self._building: dict[int, tuple[str, int]] = {}
        self._streamed = False
        self._spoke = False

    def read(self, line: bytes) -> list[Progress | Ran]:
        """What one line tells."""
        said = fields(line)
        self.session = text(said.get("session_id")) or self.session
        inner = said.get("parent_tool_use_id") is not None  # of an agent within: its words are no answer
        match text(said.get("type")):
            case "system":
                return list(self._system(said))
            case "stream_event" if not inner:
                return list(self._streams(said.get("event")))
            case "assistant":
                return list(self._says(said.get("message"), inner=inner))
            case "user":
                return list(self._ran(part(said, "message", "content")))
            case "result":
                self._ends(said)
        return []

    def _system(self, said: dict[str, Any]) -> Iterator[Progress]:
        if said.get("subtype") == "api_retry":
            milliseconds = said.get("retry_delay_ms")
            delay = milliseconds / 1000 if isinstance(milliseconds, int | float) and milliseconds > 0 else 0.0
            why = [str(said[key]) for key in ("error_status", "error") if said.get(key)]
            yield Retrying(attempt=count(said.get("attempt")) + 1, delay=delay, reason=" ".join(why) or "no answer")
            if self._streamed:
                self._streamed = self._spoke = False
                yield TextTakenBack()
        elif said.get("subtype") == "compact_boundary":
            facts = said.get("compact_metadata")
            before, after = count(part(facts, "pre_tokens")), count(part(facts, "post_tokens"))
            yield Compacted(before=before, after=after, how="summarised")

    def _streams(self, event: object) -> Iterator[Progress]:
        kind, index = text(part(event, "type")), count(part(event, "index"))
        if kind == "message_start":
            self._streamed, self._building = False, {}
            self._uses(part(event, "message", "usage"))
        elif kind == "content_block_start" and part(event, "content_block", "type") == "tool_use":
            self._building[index] = text(part(event, "content_block", "name")), 0
            yield ToolBuilding(index=index, name=self._building[index][0], characters=0)
        elif kind == "content_block_delta":
            yield from self._delta(index, part(event, "delta"))

    def _delta(self, index: int, delta: object) -> Iterator[Progress]:
        if said := text(part(delta, "text")):
            yield self._text(said, fresh=not self._streamed)
            self._streamed = True
        elif thought := text(part(delta, "thinking")):
            self._streamed = True
            yield ReasoningDelta(text=thought)
        elif (more := text(part(delta, "partial_json"))) and index in self._building:
            name, characters = self._building[index]
            self._building[index] = name, characters + len(more)
            yield ToolBuilding(index=index, name=name, characters=characters + len(more))

    def _says(self, message: object, *, inner: bool) -> Iterator[Progress]:
        """A block of a reply is whole; its text was streamed before, if this version of the CLI streams."""
        blocks = part(message, "content")
        for block in blocks if isinstance(blocks, list) else []:
            said = text(part(block, "text"))
            if said and not inner and part(message, "model") != _SYNTHETIC:
                self.reply = said
                if not self._streamed:
                    yield self._text(said, fresh=True)
            if part(block, "type") == "tool_use":
                call_id, name = text(part(block, "id")), text(part(block, "name"))
                arguments = compact(part(block, "input") or {})
                self._calls[call_id], self._spoke = (name, arguments), False
                yield ToolStarted(name=name, arguments=arguments, call_id=call_id)

    def _text(self, said: str, *, fresh: bool) -> TextDelta:
        """A piece of text; a second answer in one turn stands apart from the first."""
        apart = "\n\n" if fresh and self._spoke else ""
        self._spoke = True
        return TextDelta(text=apart + said)

    def _ran(self, blocks: object) -> Iterator[Ran]:
        for block in blocks if isinstance(blocks, list) else []:
            if part(block, "type") == "tool_result":
                call_id = text(part(block, "tool_use_id"))
                name, arguments = self._calls.pop(call_id, ("unknown", "{}"))
                output = _flat(part(block, "content"))
                yield Ran(
                    call_id=call_id,
                    name=name,
                    arguments=arguments,
                    output=output,
                    is_error=part(block, "is_error") is True,
                )

    def _ends(self, said: dict[str, Any]) -> None:
        answer = text(said.get("result"))
        if said.get("is_error") is True or text(said.get("subtype")).startswith("error"):
            errors = said.get("errors")
            told = [text(error) for error in errors if text(error)] if isinstance(errors, list) else []
            self.failure = answer or "; ".join(told) or f"stopped ({text(said.get('subtype')) or 'no reason given'})"
            return
        self.finished = True
        self.reply = answer or self.reply
        self.usage = _usage(said.get("usage"))
        models = said.get("modelUsage")
        windows = [
            count(part(model, "contextWindow")) for model in (models if isinstance(models, dict) else {}).values()
        ]
        self.window = max(windows, default=0) or None

    def _uses(self, usage: object) -> None:
        self.used = _usage(usage).input_tokens or self.used


def _usage(usage: object) -> Usage:
    """Its input tokens leave out those of the cache; ours are all that were sent."""
    cached = count(part(usage, "cache_read_input_tokens"))
    fresh = count(part(usage, "input_tokens")) + count(part(usage, "cache_creation_input_tokens"))
    output = count(part(usage, "output_tokens"))
    return Usage(input_tokens=fresh + cached, output_tokens=output, cached_tokens=cached)


def _flat(content: object) -> str:
    """The text of a tool's output; of what is no text, its kind."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "\n".join(text(part(block, "text")) or f"[{text(part(block, 'type')) or 'nothing'}]" for block in blocks)
