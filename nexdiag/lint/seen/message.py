"""One entry of a request's list of messages, as the rules see it, whatever the wire: Messages, Responses, chat.

On the Responses wire an entry is an item: a `function_call` is an assistant's message that calls, a
`function_call_output` is a tool message. Law: reading never raises, however malformed the entry is.
"""

from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.lint.quoting import quote

SYSTEM, DEVELOPER, USER, ASSISTANT, TOOL, OTHER = 1, 2, 4, 8, 16, 32
"""Traits by role; OTHER is any other word, or none."""
CALLS, ANSWERS, PARTS, NO_TEXT, EXTRA, MALFORMED = 64, 128, 256, 512, 1024, 2048
"""Traits by content: calls a tool; answers a call; content is a list; content is null, missing or blank, or has a
blank part; has fields other than role, content, name, tool_calls, tool_call_id; is no object with a role, or its
content is an object."""
AFTER_SAME, FIRST, MARKUP, TALKS = 4096, 8192, 16384, 32768
"""Traits by place: the message before has the same role; nothing but system messages stands before it. By text: it
holds a sign that templates give a meaning to. TALKS: neither calls nor answers."""
AFTER_EXTRA, NOTED = 65536, 131072
"""Traits by place: the message before has fields of its own (EXTRA); it has a bearing on the calls before it that is of
note, or with it a run of calls is over that had answers under wrong ids, and what these were is settled."""
MISSING, BLANK, BOTH, NO_CALLS = 262144, 524288, 1048576, 2097152
"""Traits by what is odd: no content at all; a content that is blank, or has a blank part; a content beside tool_calls;
tool_calls that are an empty list."""
TWICE, ODD_ARGUMENTS, NAMELESS, GIVES_NAME = 4194304, 8388608, 16777216, 33554432
"""A call is in it twice; a call's arguments are neither an object nor like the text of one; a call has no name; as a
tool's message it gives the tool's name."""
ANY = 67108863

_ROLES = {"system": SYSTEM, "developer": DEVELOPER, "user": USER, "assistant": ASSISTANT, "tool": TOOL}
_ROLES["function"] = TOOL
_FIELDS = {"system": 2, "user": 2, "assistant": 2, "tool": 3}
"""How many fields a plain message of that role has."""
_PLAIN = frozenset({"role", "content", "name", "tool_calls", "tool_call_id", "type"})
_SIGNS = {
    "<": ("<|", "<think", "<tool_call", "<function=", "<start_of_turn>", "<｜"),
    "[": ("[TOOL_CALLS]", "[INST]"),
}
"""By what they begin with, which is looked for first."""
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "boolean"),  # before the numbers: in Python it is one
    ((int, float), "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)
_ITEM_ROLES = {
    "function_call": "assistant",
    "custom_tool_call": "assistant",
    "local_shell_call": "assistant",
    "reasoning": "assistant",
    "function_call_output": "tool",
    "custom_tool_call_output": "tool",
    "local_shell_call_output": "tool",
}
"""Items of the Responses wire that have no role of their own."""


class CallSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A tool call in a message: of chat completions, a `tool_use` block, or a `function_call` item."""

    id: str | None
    name: str
    """Empty where it has none, or one that is no text."""
    arguments: Any = None
    """As they were sent: text on the OpenAI wires, an object in a `tool_use` block; None where they are missing."""
    where: str = ""
    """JSON pointer from the message to the call: `/tool_calls/0`, `/content/1`, or empty for an item."""


class MessageSeen:
    """One message, however malformed."""

    __slots__ = ("_raw", "answers", "calls", "kind", "role", "role_kind", "text", "traits", "value")

    def __init__(  # noqa: PLR0913 - what is known of a message
        self,
        *,
        raw: bytes = b"",
        value: dict[str, Any] | None = None,
        kind: str = "object",
        role: str | None = None,
        role_kind: str | None = None,
        text: str = "",
        calls: tuple[CallSeen, ...] = (),
        answers: tuple[str | None, ...] = (),
        traits: int = 0,
    ) -> None:
        """The parts, as `read_message` finds them."""
        self._raw = raw
        self.value: dict[str, Any] = {} if value is None else value
        """The entry itself; empty if it is no object."""
        self.kind = kind
        """The JSON type of the entry: all but `object` is malformed."""
        self.role = role
        """Its role; of an item without one, the role that it stands for."""
        self.role_kind = role_kind
        """The JSON type of its role, in which all but `string` is malformed; None if it has none."""
        self.text = text
        self.calls = calls
        self.answers = answers
        """The ids of the calls that it answers; None for a tool message without an id."""
        self.traits = traits
        """What is plain at a glance: by it the rules are chosen that look at this message."""

    @property
    def raw(self) -> bytes:
        """Its JSON text: equal texts are equal messages."""
        if not self._raw:
            try:
                self._raw = jsontext.write(self.value if self.kind == "object" else None)
            except ValueError:
                self._raw = b"null"
        return self._raw

    @property
    def talks(self) -> bool:
        """Neither calls a tool nor answers a call."""
        return not self.calls and not self.answers

    @property
    def content(self) -> Any:  # noqa: ANN401 - JSON is anything
        """The content as it was sent; None if it is null or missing."""
        return self.value.get("content")

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The content's parts that are objects; none where the content is no list."""
        content = self.value.get("content")
        return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []

    def shown(self, index: int) -> str:
        """One line of evidence."""
        called = f" calls {', '.join(call.name or '?' for call in self.calls[:5])}" if self.calls else ""
        said = f" {quote(self.text)}" if self.text or not called else ""
        return f"messages[{index}] {quote(self.role, 20)[1:-1] if self.role else 'without role'}{called}{said}"


def read_message(raw: bytes) -> MessageSeen:
    """The message of a JSON text. Never raises."""
    try:
        value = jsontext.read(raw)
    except ValueError:
        value = None
    return message_of(value, raw)


def message_of(value: object, raw: bytes = b"") -> MessageSeen:
    """The message of a JSON value; `raw` is its text where that is at hand."""
    if not isinstance(value, dict):
        return MessageSeen(raw=raw or _text_of(value), kind=kind_of(value), traits=MALFORMED | OTHER)
    role, said = value.get("role"), value.get("content")
    if type(role) is str and type(said) is str and len(value) == _FIELDS.get(role):
        seen = _plain(value, role, said, raw)
        if seen is not None:
            return seen
    kind = kind_of(role) if "role" in value else None
    role = role if isinstance(role, str) else None
    if kind is None and isinstance(item := value.get("type"), str) and item in _ITEM_ROLES:
        role, kind = _ITEM_ROLES[item], "string"
    parts = [part for part in said if isinstance(part, dict)] if isinstance(said, list) else []
    text = said if isinstance(said, str) else _text(parts) if parts else _item_text(value)
    calls, answers = _calls(value, parts), _answers(value, parts)
    traits = _ROLES.get(role or "", OTHER) | _markup(text) | (0 if kind == "string" else MALFORMED)
    traits |= MALFORMED if isinstance(said, dict) else 0
    traits |= (CALLS if calls else 0) | (ANSWERS if answers else 0) | (0 if calls or answers else TALKS)
    traits |= (PARTS if isinstance(said, list) else 0) | (NO_TEXT if _blank(said, parts) else 0)
    traits |= 0 if value.keys() <= _PLAIN else EXTRA
    traits |= _odd(value, said, calls) | (BLANK if traits & NO_TEXT and said is not None else 0)
    return MessageSeen(
        raw=raw, value=value, role=role, role_kind=kind, text=text, calls=calls, answers=answers, traits=traits
    )


def _odd(value: dict[str, Any], said: object, calls: tuple[CallSeen, ...]) -> int:
    """The traits by which the rules are found for what hardly any message is."""
    traits = MISSING if said is None and "content" not in value else 0
    if "tool_calls" in value:
        entries = value["tool_calls"]
        traits |= NO_CALLS if entries == [] else BOTH if said and entries else 0
        if isinstance(entries, list) and len(entries) > len(calls):
            traits |= TWICE
    for call in calls:
        arguments = call.arguments
        if not call.name.strip():
            traits |= NAMELESS
        if (type(arguments) is str and arguments[:1] != "{") or (
            type(arguments) is not str and type(arguments) is not dict
        ):
            traits |= ODD_ARGUMENTS
    return traits | (GIVES_NAME if value.get("role") in ("tool", "function") and "name" in value else 0)


def _plain(value: dict[str, Any], role: str, said: str, raw: bytes) -> MessageSeen | None:
    """The message of most entries: a role and a text, and of a tool the call that it answers; None for any other."""
    traits = _ROLES[role] | (0 if said.strip() else NO_TEXT | BLANK) | _markup(said)
    if role != "tool":
        return MessageSeen(raw=raw, value=value, role=role, role_kind="string", text=said, traits=traits | TALKS)
    call_id = value.get("tool_call_id")
    if type(call_id) is not str:
        return None
    traits |= ANSWERS
    return MessageSeen(
        raw=raw, value=value, role=role, role_kind="string", text=said, answers=(call_id,), traits=traits
    )


def kind_of(value: object) -> str:
    """The JSON type of a value, as JSON calls it."""
    if type(value) is str:  # as nearly all are that are asked for
        return "string"
    return next((kind for types, kind in _KINDS if isinstance(value, types)), "null")


def _markup(text: str) -> int:
    for first, signs in _SIGNS.items():
        if first in text:
            for sign in signs:
                if sign in text:
                    return MARKUP
    return 0


def _blank(content: object, parts: list[dict[str, Any]]) -> bool:
    if isinstance(content, str):
        return not content.strip()
    if isinstance(content, list):
        texts = (part.get("text") for part in parts if "text" in part)
        return not content or any(not isinstance(text, str) or not text.strip() for text in texts)
    return content is None


def _text(parts: list[dict[str, Any]]) -> str:
    texts = (part.get("text") or part.get("content") for part in parts)
    return "\n".join(text for text in texts if isinstance(text, str))


def _item_text(value: dict[str, Any]) -> str:
    output = value.get("output")
    return output if isinstance(output, str) else ""


def _calls(value: dict[str, Any], parts: list[dict[str, Any]]) -> tuple[CallSeen, ...]:
    """Each call once: some converters send it as a block and in `tool_calls` as well."""
    entries = value.get("tool_calls")
    if type(entries) is list and len(entries) == 1 and type(entries[0]) is dict and not parts and "type" not in value:
        return (_call("/tool_calls/0", entries[0]),)  # as most are sent
    places: list[tuple[str, dict[str, Any]]] = []
    if isinstance(entries, list):
        places = [(f"/tool_calls/{at}", entry) for at, entry in enumerate(entries) if isinstance(entry, dict)]
    elif isinstance(entries, dict):  # TGI 2 sends a single object
        places = [("/tool_calls", entries)]
    if parts:
        blocks = value["content"]
        places += [
            (f"/content/{at}", part)
            for at, part in enumerate(blocks)
            if isinstance(part, dict) and part.get("type") == "tool_use"
        ]
        places += [  # Bedrock's Converse
            (f"/content/{at}/toolUse", part["toolUse"])
            for at, part in enumerate(blocks)
            if isinstance(part, dict) and isinstance(part.get("toolUse"), dict)
        ]
    if value.get("type") in ("function_call", "custom_tool_call", "local_shell_call"):
        places.append(("", value))
    found: dict[object, CallSeen] = {}
    for place, (where, entry) in enumerate(places):
        call = _call(where, entry)
        found.setdefault(place if call.id is None else call.id, call)
    return tuple(found.values())


def _call(where: str, entry: dict[str, Any]) -> CallSeen:
    function = entry.get("function")
    inner = function if isinstance(function, dict) else entry
    name = inner.get("name")
    return CallSeen(
        id=_id(entry.get("call_id") if "call_id" in entry else entry.get("id", entry.get("toolUseId"))),
        name=name if isinstance(name, str) else "",
        arguments=inner.get("arguments", inner.get("input")),
        where=where,
    )


def _answers(value: dict[str, Any], parts: list[dict[str, Any]]) -> tuple[str | None, ...]:
    ids = [_id(part.get("tool_use_id")) for part in parts if part.get("type") == "tool_result"]
    ids += [_id(one.get("toolUseId")) for part in parts if isinstance(one := part.get("toolResult"), dict)]
    if value.get("role") == "tool":
        ids.insert(0, _id(value.get("tool_call_id")))
    elif "role" not in value and _ITEM_ROLES.get(str(value.get("type"))) == "tool":
        ids.insert(0, _id(value.get("call_id")))
    return tuple(ids)


def _id(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) else None


def _text_of(value: object) -> bytes:
    try:
        return jsontext.write(value)
    except ValueError:
        return b"null"
