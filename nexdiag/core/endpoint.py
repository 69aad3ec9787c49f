"""Endpoint and Profile: where a model answers, and what its server accepts and refuses, as data."""

import re
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
    models: str = ""
    """A regular expression, matched without case in the model's name: it is refused for such models alone. Empty for
    all."""
    wires: tuple[Wire, ...] = ()
    """The dialects in which it is refused; empty for all that the server speaks."""

    def holds(self, model: str, wire: Wire) -> bool:
        """Whether it is refused of such a model, in that dialect; of a model that is not known, if it is of any."""
        fits = not self.models or not model or re.search(self.models, model, re.IGNORECASE) is not None
        return fits and (not self.wires or wire in self.wires)


class Param(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a request that a server refuses, though others take it."""

    name: str
    models: str = ""
    """As for a refusal: the models of which it is so."""
    unless: tuple[Any, ...] = ()
    """Values that pass all the same: `1` for a temperature."""
    instead: str = ""
    """The name of the parameter that is wanted in its place."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a server checks by numbers, patterns and lists; the statement of the rule concerned has the source.

    What is empty or None is not known to be checked.
    """

    tool_name: str = ""
    """A regular expression for the whole of a tool's name."""
    tool_result_name: str = ""
    """A regular expression for the whole of the name that a tool message may give; empty where nobody looks."""
    tool_call_id: str = ""
    """A regular expression for the whole of a tool call's id."""
    tools: int | None = None
    """The most tools."""
    tool_description: int | None = None
    """The most characters of a tool's description."""
    schema_keywords_denied: tuple[str, ...] = ()
    """Keywords of JSON Schema that are refused anywhere in a tool's parameters."""
    schema_wants: tuple[
        Literal["parameters", "properties", "items", "filled-properties", "valid", "grammar", "object"], ...
    ] = ()
    """What a tool's parameters must have: `parameters` themselves; `properties` on each object; `items` on each array;
    properties that are not an empty object; that they are a valid JSON Schema; that a grammar can be built of them;
    that properties is an object."""
    params: tuple[str, ...] = ()
    """All top-level parameters that are taken; others are refused."""
    params_refused: tuple[Param, ...] = ()
    """Parameters that are refused although others take them."""
    message_fields: tuple[str, ...] = ()
    """All fields of a message that are taken; others are refused."""
    message_fields_refused: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    """All roles that are known."""
    tool_choices: tuple[str, ...] = ()
    """All texts that `tool_choice` may be."""
    text_only: tuple[str, ...] = ()
    """Roles whose content must be a text, not a list of parts."""
    null_content: tuple[Literal["calls", "no-calls", "tool", "user"], ...] = ()
    """Where content must not be null: on an assistant's message with calls, without, on a tool's, on a user's."""
    vision: str = ""
    """A regular expression for the models that take images; empty where that is not known."""
    parts: tuple[str, ...] = ()
    """All parts of a content that are taken, each as `role:type`; others are refused."""
    system_after: tuple[str, ...] = ()
    """Roles behind which a system message may stand although it is not the first."""


class StreamHabits(msgspec.Struct, frozen=True, kw_only=True):
    """How a server streams, and what else tells its answers apart. What is not known is as OpenAI's."""

    usage: str = "asked"
    """`asked` (only with include_usage), `always` or `never`."""
    done: bool = True
    """Whether the stream ends with `[DONE]`."""
    tool_index: bool = True
    """Whether tool-call deltas carry an index."""
    reasoning_field: str | None = None
    usage_with_finish: bool = False
    """Whether the usage stands in the chunk with the finish reason, and not in one of its own without choices."""
    null_start: bool = False
    """Whether the content of the first delta, which brings the role, is null, and not an empty text."""
    comment: str = ""
    """A comment of server-sent events that comes before the first chunk, on any wire."""
    opening: Any = None
    """A chunk without choices that comes before the first one, as JSON."""
    call_id: str = "call_" + "*" * 24
    """The form of the ids of tool calls: each `*` is a letter or digit, each `#` a hexadecimal digit."""
    own_errors: bool = False
    """Whether refusals on the Messages wire have the shape of those of chat completions."""
    no_json: Any = None
    """The body with which it refuses, with 400, one that is no JSON; None where that is not known."""


class Sends(msgspec.Struct, frozen=True, kw_only=True):
    """What nex sends to such a server."""

    stream_options: bool = False
    max_tokens_field: str = "max_tokens"
    developer_role: bool = False
    """Whether the system prompt goes out under the role `developer`."""
    reasoning_field: str | None = None
    """The field under which a message's reasoning goes back to the server; None if it does not go back."""
    null_content: bool = True
    """Whether a message that only calls tools goes out with content null; else with an empty text."""
    schema_without: tuple[str, ...] = ()
    """Keywords of JSON Schema that are left out of the tools' parameters, wherever they stand."""
    nine_sign_ids: bool = False
    """Whether each id of a tool call goes out as nine letters and digits, as Mistral wants: other ids as a hash."""
    system_role: bool = True
    """Whether there is a place for a system message; else its text stands before the first message of the user."""


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
    limits: Limits = Limits()
    sends: Sends = Sends()
    server_header: str | None = None
    """What its `server` response header holds, where that tells it apart."""
    known: bool = True
    """False for the profile of a server that nobody named: its findings are advice."""

    def refusal(self, rule: str, model: str = "", wire: Wire = "chat") -> Refusal | None:
        """What this server says to the fault that `rule` finds; None if it lets it pass.

        With a model, what it says for that one.
        """
        return next((one for one in self.refuses if one.rule == rule and one.holds(model, wire)), None)


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
