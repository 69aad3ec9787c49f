"""The dialect of `codex exec --json`. Pure. Read from version 0.169."""

import re
from collections.abc import Iterator
from typing import Any

from nexdiag.agent.executors.dialect import Call, Ran, compact, count, fields, part, text, words
from nexdiag.agent.progress import Progress, ReasoningDelta, Repaired, Retrying, TextDelta, ToolStarted
from nexdiag.core.message import Usage

_LOST = re.compile(r"no rollout found|thread/resume failed", re.IGNORECASE)
_AGAIN = re.compile(r"Reconnecting\.\.\. ?(?:(\d{1,4})/\d{1,4})? ?(.*)", re.DOTALL)
_TOOLS = frozenset({"command_execution", "file_change", "mcp_tool_call", "web_search"})
"""Kinds of items that are runs of tools; others (`todo_list`) are told to nobody."""
_PROVIDER = "nexdiag"


class Codex:
    """The CLI of Codex."""

    program = "codex"
    install = "npm install -g @openai/codex"
    login = "codex login"

    def command(self, program: str, call: Call) -> list[str]:
        """The command line. It ignores OPENAI_BASE_URL: a base URL goes in as a provider of its own.

        Its built-in provider tries WebSockets first, which no recording proxy understands; one of our own does not.
        """
        command = [program, "exec", "--json", "--skip-git-repo-check", "--color", "never"]
        command += ["-m", call.model] if call.model else []
        if call.base_url is not None:
            facts = {"name": _PROVIDER, "base_url": call.base_url, "wire_api": "responses"}
            if call.key_variable is not None:
                facts["env_key"] = call.key_variable
            command += ["-c", f"model_provider={compact(_PROVIDER)}"]
            for key, value in facts.items():
                command += ["-c", f"model_providers.{_PROVIDER}.{key}={compact(value)}"]
        command += call.arguments
        return [*command, *(("resume", call.session) if call.session else ()), "-"]

    def reader(self, before: Usage) -> "CodexReader":
        """A reader for one turn; what codex counts is the whole session."""
        return CodexReader(before)

    def lost(self, words: str) -> bool:
        """Whether these words say that there is no such session any more."""
        return bool(_LOST.search(words))


class CodexReader:
    """Reads the lines of one turn."""

    def __init__(self, before: Usage) -> None:
        """Nothing has come yet; `before` is what the session had used."""
        self.session: str | None = None
        self.reply: str | None = None
        self.finished = False
        self.failure: str | None = None
        self.usage = Usage()
        self.total = before
        self.used = 0
        self.window: int | None = None
        self._before = before
        self._tools = 0
        self._spoke = False

    def read(self, line: bytes) -> list[Progress | Ran]:
        """What one line tells."""
        said = fields(line)
        match text(said.get("type")):
            case "thread.started":
                self.session = text(said.get("thread_id")) or self.session
            case "item.started":
                return list(self._begins(said.get("item")))
            case "item.completed":
                return list(self._completes(said.get("item")))
            case "turn.completed":
                self.finished, self.failure = True, None
                self._uses(said.get("usage"))
            case "turn.failed":
                self.failure = text(part(said, "error", "message")) or "the turn failed, without a reason"
            case "error":
                return list(self._errs(text(said.get("message"))))
        return []

    def _begins(self, item: object) -> Iterator[Progress]:
        if text(part(item, "type")) in _TOOLS:
            self._spoke = False
            yield ToolStarted(name=_name(item), arguments=_arguments(item), call_id=text(part(item, "id")))

    def _completes(self, item: object) -> Iterator[Progress | Ran]:
        kind, said = text(part(item, "type")), text(part(item, "text"))
        if kind == "agent_message" and said:
            self.reply = said
            yield TextDelta(text="\n\n" + said if self._spoke else said)
            self._spoke = True
        elif kind == "reasoning" and said:
            yield ReasoningDelta(text=said)
        elif kind == "error":  # a remark: the turn goes on
            yield Repaired(what=f"codex: {words(text(part(item, 'message')))}")
        elif kind in _TOOLS:
            self._tools += 1
            yield Ran(
                call_id=text(part(item, "id")),
                name=_name(item),
                arguments=_arguments(item),
                output=_output(item),
                is_error=_failed(item),
            )

    def _errs(self, message: str) -> Iterator[Progress]:
        again = _AGAIN.match(message)
        if again is None:
            self.failure = message or "an error without a word"
            return
        reason = again.group(2).strip().strip("()") or "the connection broke off"
        yield Retrying(attempt=int(again.group(1) or 2), delay=0.0, reason=reason)

    def _uses(self, usage: object) -> None:
        """The turn's share. A count below the one before is that of a session that began anew."""
        self.total = Usage(
            input_tokens=count(part(usage, "input_tokens")),
            output_tokens=count(part(usage, "output_tokens")),
            cached_tokens=count(part(usage, "cached_input_tokens")),
            reasoning_tokens=count(part(usage, "reasoning_output_tokens")),
        )
        base = self._before if self.total.input_tokens >= self._before.input_tokens else Usage()
        self.usage = Usage(
            input_tokens=self.total.input_tokens - base.input_tokens,
            output_tokens=max(self.total.output_tokens - base.output_tokens, 0),
            cached_tokens=max(self.total.cached_tokens - base.cached_tokens, 0),
            reasoning_tokens=max(self.total.reasoning_tokens - base.reasoning_tokens, 0),
        )
        self.used = self.usage.input_tokens // (self._tools + 1) + self.usage.output_tokens


def _name(item: object) -> str:
    if text(part(item, "type")) == "mcp_tool_call":
        return f"{text(part(item, 'server'))}__{text(part(item, 'tool'))}"
    return text(part(item, "type"))


def _arguments(item: object) -> str:
    wanted: dict[str, Any] = {}
    for key in ("command", "changes", "query"):
        if part(item, key) is not None:
            wanted[key] = part(item, key)
    given = part(item, "arguments")
    return compact(given if isinstance(given, dict) else wanted)


def _output(item: object) -> str:
    """What came of it: a command's output, an MCP server's answer, or how it stands."""
    said = text(part(item, "aggregated_output")) or text(part(item, "error", "message"))
    if said:
        return said
    blocks = part(item, "result", "content")
    texts = [text(part(block, "text")) for block in blocks] if isinstance(blocks, list) else []
    return "\n".join(texts) or text(part(item, "status"))


def _failed(item: object) -> bool:
    code = part(item, "exit_code")
    return text(part(item, "status")) in {"failed", "declined"} or (isinstance(code, int) and code != 0)
