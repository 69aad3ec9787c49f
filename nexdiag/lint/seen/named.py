"""Which field of the request a server's words refuse: `Extra inputs are not permitted`, `Unrecognized argument`.

Every server names the field in a way of its own; here all of these become a path: `("messages", "1", "metadata")`.
"""

import re
from typing import Any

from nexdiag.core.endpoint import Wire
from nexdiag.lint.seen.fields import Fields

Path = tuple[str, ...]

EXTRA = (
    r"(?:extra_forbidden|extra (?:inputs|fields) (?:are )?not (?:permitted|allowed)"
    r"|unrecognized (?:request )?(?:arguments?|field)"
    r"|propert(?:y|ies) \W*[\w.$-]+\W* (?:is|are) (?:unsupported|not (?:supported|allowed|expected))"
    r"|unknown (?:parameter|field|argument|name|property|key)\b"
    r"|unexpected (?:keyword argument|field|property|parameter)"
    r"|additional propert(?:y|ies)\b.{0,200}not (?:allowed|permitted)"
    r"|is unsupported, did you mean|unsupported param(?:eter)?s?\b|invalid (?:request )?(?:parameter|argument) name"
    r"|does not support param(?:eter)?s?: |\b(?:arguments?|param(?:eter)?s?|fields?) not supported: "
    r"|unpermitted parameter|extraneous key|not a (?:valid|known|recognized) parameter)"
)
"""Ways to say that a field is not known."""

_NAME = r"[A-Za-z_$][\w$-]{0,80}"
_PLACE = rf"(?<![\w$-])(?:{_NAME}|\d{{1,6}})(?:(?:\.\[?|\[|/)(?:{_NAME}|\d{{1,6}})\]?){{0,12}}"
"""Bounded: words may be hostile."""
_LOC = re.compile(r"\bloc[\\'\"]*\s*[:=]?\s*[\[(]([^\])]{1,300})[\])]", re.IGNORECASE)
_FORBIDDEN = re.compile(r"extra|not permitted|unexpected", re.IGNORECASE)
_IN_LOC = re.compile(r"[\w$-]+")
_ARGUMENTS = re.compile(r"arguments? supplied: ([\w$., -]{1,300})", re.IGNORECASE)
_BEFORE = re.compile(rf"({_PLACE})[\\'\"`]*:? *(?:[\\'\"`]*) *(?:extra (?:inputs|fields) (?:are )?not)", re.IGNORECASE)
_STRANGE = "(?:unknown|unsupported|unexpected|unrecognized|unpermitted)"
_FIELD = "(?:param(?:eter)?s?|arguments?|field|property|key|name)"
_AFTER = tuple(
    re.compile(text, re.IGNORECASE)
    for text in (
        rf"propert(?:y|ies) [\\'\"`]+({_PLACE})[\\'\"`]+ (?:is|are) (?:unsupported|not)",
        rf"{_STRANGE} (?:request )?(?:keyword )?{_FIELD}(?:\(s\))?:?\s*[\\'\"`]+({_PLACE})[\\'\"`]+",
        rf"(?:unknown|unsupported|unpermitted) param(?:eter)?s?: ({_PLACE})",
        rf"unknown field: parameter [\\'\"`]+({_PLACE})[\\'\"`]+ is not",  # Cohere
        rf"extra inputs are not permitted, field: [\\'\"`]+({_PLACE})",
        rf"extraneous key [\[\\'\"`]+({_PLACE})",
        rf"^\W*({_PLACE})(?:=\S{{1,20}})? (?:is|are) (?:not (?:supported|allowed|permitted)|unsupported)\b",
        rf"does not support param(?:eter)?s?: \[?[\\'\"`]*({_PLACE})",
        rf"additional properties are not allowed \([\\'\"`]+({_PLACE})[\\'\"`]+",
    )
)
_CAMEL = re.compile(
    rf"(?:does not support param(?:eter)?|argument not supported (?:on|by|for|with) this model:?) \W?({_PLACE})",
    re.IGNORECASE,
)
"""xAI's, which names fields as its code does: `reasoningEffort` for `reasoning_effort`."""
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_AT_MESSAGE = re.compile(r"\b(messages?|input)[.\[/'\" ]{1,3}(\d{1,6})\b")
_SPLIT = re.compile(r"[.\[\]/]+")
_LISTS = ("messages", "input", "tools")
_OF_TOOLS = frozenset({"type", "function", "name", "description", "parameters", "input_schema"})
"""What every tool has."""
_NO_FIELDS = ("msg", "message", "detail", "error", "and", "or")
_MOST = 50

KNOWN: dict[Wire, frozenset[str]] = {
    "chat": frozenset(
        """messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens
        max_tokens metadata modalities n parallel_tool_calls prediction presence_penalty prompt_cache_key
        reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options
        temperature tool_choice tools top_logprobs top_p user verbosity web_search_options""".split()  # noqa: SIM905 - reads better than forty strings
    ),
    "responses": frozenset(
        """background conversation include input instructions max_output_tokens max_tool_calls metadata model
        parallel_tool_calls previous_response_id prompt prompt_cache_key reasoning safety_identifier service_tier store
        stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user""".split()  # noqa: SIM905 - likewise
    ),
    "anthropic": frozenset(
        """anthropic_version anthropic_beta container context_management max_tokens mcp_servers messages metadata model
        output_config service_tier stop_sequences stream system temperature thinking tool_choice tools top_k
        top_p""".split()  # noqa: SIM905 - likewise
    ),
}
"""The parameters that a dialect's own service takes: what stands beside them is the first suspect."""

SPARSE = frozenset({"messages", "input", "model", "stream", "tools", "temperature", "top_p", "stop", "system"})
"""Parameters that every server takes: never named as a suspect without its words."""


def refused_paths(words: str) -> tuple[Path, ...]:
    """The fields that the words say are not known, as paths into the request body, in the order of the words."""
    found = {_path(_HUMP.sub("_", match[1]).lower()): match.start() for match in _CAMEL.finditer(words)}
    for match in _LOC.finditer(words):
        parts = tuple(_IN_LOC.findall(match[1]))
        if _FORBIDDEN.search(words[max(0, match.start() - 200) : match.end() + 200]):
            found.setdefault(_plain(parts), match.start())
    for match in _ARGUMENTS.finditer(words):
        for name in re.split(r"[,\s]+", match[1].strip(" .")):
            if name:
                found.setdefault(_path(name), match.start())
    for match in _BEFORE.finditer(words):
        if match[1].lower() not in _NO_FIELDS:
            found.setdefault(_path(match[1]), match.start())
    for pattern in _AFTER:
        for match in pattern.finditer(words):
            found.setdefault(_in_message(_path(match[1]), words, match), match.start())
    ordered = sorted((place, path) for path, place in found.items() if path)
    return tuple(path for _, path in ordered[:_MOST])


def found_in(fields: Fields, path: Path) -> tuple[str, Any] | None:
    """The pointer to the place of a path in a request, and what is there; None where the request has it not."""
    if not path:
        return None
    if path[0] not in fields:
        return _in_a_tool(fields, path[0]) if len(path) == 1 and path[0] not in _OF_TOOLS else None
    there = resolved(path[1:], fields.get(path[0]))
    return None if there is None else (f"/{path[0]}{there[0]}", there[1])


def _in_a_tool(fields: Fields, name: str) -> tuple[str, Any] | None:
    """A field that was named alone, where the definition of a tool has it: `strict`, which OpenAI alone takes."""
    tools = fields.get("tools")
    for number, entry in enumerate(tools[:_MOST] if isinstance(tools, list) else ()):
        function = entry.get("function") if isinstance(entry, dict) else None
        for place, holder in (("", entry), ("/function", function)):
            if isinstance(holder, dict) and name in holder:
                return f"/tools/{number}{place}/{name}", holder[name]
    return None


def resolved(path: Path, body: Any) -> tuple[str, Any] | None:  # noqa: ANN401 - JSON is anything
    """The pointer to a path's place, and what is there; None where the value has no such place.

    Servers name kinds in their paths too (`messages.1.assistant.metadata`): a part that is not there is passed over,
    but the last.
    """
    pointer, there = "", body
    for number, part in enumerate(path):
        if isinstance(there, list) and part.isdigit() and int(part) < len(there):
            there, pointer = there[int(part)], f"{pointer}/{part}"
        elif isinstance(there, dict) and part in there:
            there, pointer = there[part], f"{pointer}/{part}"
        elif number == len(path) - 1:
            return None
    return pointer, there


def _path(text: str) -> Path:
    return _plain(tuple(part for part in _SPLIT.split(text) if part))


def _plain(parts: Path) -> Path:
    """Without FastAPI's `body`, and `message` as the field is called."""
    parts = parts[1:] if parts[:1] == ("body",) else parts
    return ("messages", *parts[1:]) if parts[:1] == ("message",) and len(parts) > 1 else parts


def _in_message(path: Path, words: str, match: "re.Match[str]") -> Path:
    """A field named alone, where the words named a message shortly before or after, is that message's."""
    if not path or path[0] in _LISTS or len(path) > 1:
        return path
    around = list(_AT_MESSAGE.finditer(words[max(0, match.start() - 300) : match.end() + 60]))
    return ("messages" if around[-1][1] != "input" else "input", around[-1][2], *path) if around else path
