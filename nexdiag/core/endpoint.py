"""Endpoint and Profile: where a model answers, and what its server accepts and refuses, as data."""

from typing import Any, Literal

import msgspec

Wire = Literal["chat", "responses", "anthropic"]
"""Dialects: OpenAI chat completions, OpenAI Responses, Anthropic Messages."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a server refuses, in its own words."""

    rule: str
    """The name of the rule that finds it."""
    status: int
    body: Any
    """The JSON body, or plain text. `{name}` in a string is filled from the finding's facts."""
    source: str
    """Where the statement comes from."""
    seen: str = ""
    """The version it was seen on."""


class StreamHabits(msgspec.Struct, frozen=True, kw_only=True):
    """How a server streams."""

    usage: str = "asked"
    """`asked` (only with include_usage), `always` or `never`."""
    done: bool = True
    """Whether the stream ends with `[DONE]`."""
    tool_index: bool = True
    """Whether tool-call deltas carry an index."""
    reasoning_field: str | None = None


class Sends(msgspec.Struct, frozen=True, kw_only=True):
    """What nex sends to such a server."""

    stream_options: bool = False
    max_tokens_field: str = "max_tokens"
    developer_role: bool = False
    """Whether the system prompt goes out under the role `developer`."""
    reasoning_field: str | None = None
    """The field under which a message's reasoning goes back to the server; None if it does not go back."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What one server (and chat template) accepts and refuses."""

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    """Regular expressions, matched without case in a free-text server name."""
    refuses: tuple[Refusal, ...] = ()
    routes: tuple[str, ...] = ("/v1/chat/completions", "/v1/models")
    """The paths it serves."""
    stream: StreamHabits = StreamHabits()
    sends: Sends = Sends()
    server_header: str | None = None
    """What its `server` response header holds, where that tells it apart."""
    known: bool = True
    """False for the profile of a server that nobody named: its findings are advice."""

    def refusal(self, rule: str) -> Refusal | None:
        """What this server says to the fault that `rule` finds; None if it lets it pass."""
        return next((refusal for refusal in self.refuses if refusal.rule == rule), None)


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model answers."""

    base_url: str
    """With its version segment: `/chat/completions` is appended to it and nothing else."""
    model: str
    """As the server knows it: no provider prefix."""
    profile: Profile
    key: str = msgspec.field(default="")
    """The key itself; empty means that no authorization header is sent. Never recorded."""
    key_variable: str | None = None
    """The environment variable that it came from, for error messages."""
    window: int | None = None
    """Context window in tokens, where it is known."""
    window_source: str = ""
    """Who said so: `config`, `/props`, `/v1/models`, `/api/show`, or `refusal` (learned from an overflow)."""
    max_tokens: int = 16384
    wire: Wire = "chat"
    """The dialect that it is spoken to in."""

    def __repr__(self) -> str:
        """Without the key: this text may reach a log."""
        return f"Endpoint({self.base_url!r}, {self.model!r}, {self.profile.name})"
