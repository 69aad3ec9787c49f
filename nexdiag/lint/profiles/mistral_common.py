"""What mistral-common refuses, by the version of the tokenizer: of models that are served with it, wherever that is.

Mistral's own service checks more, and other names of parameters: that is in `mistral`. Each version is a profile, found
by its name alone: nobody tells the version of a tokenizer when they tell of a server.
"""

from nexdiag.core.endpoint import Limits, Param, Profile, Refusal, Sends
from nexdiag.lint.profiles.shapes import mistral_error
from nexdiag.lint.server import Server

_SOURCE = "validator.py of mistral-common"
_NAME = "[a-zA-Z0-9_-]{1,64}"
_NINE = "[a-zA-Z0-9]{9}"
_COUNT = "Not the same number of function calls and responses"
_AFTER = "Unexpected role '{role}' after role '{previous}'"
_EITHER = "Assistant message must have either content or tool_calls, but not both."
_NAMED = (
    "Function name was {name} but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of "
    "64."
)
_ALWAYS = {
    "empty-messages": "Conversation must have at least one message",
    "orphan-tool-result": "Unexpected role 'tool' after role '{previous}'",
    "tool-result-not-adjacent": "Unexpected role 'tool' after role '{previous}'",
    "unanswered-tool-call": _COUNT,
    "split-parallel-tool-calls": _COUNT,
    "duplicate-tool-result": _COUNT,
    "assistant-last": "Expected last role User or Tool (or Assistant with prefix) for serving but got assistant",
    "prefix-not-last": "Assistant message with prefix True must be last message",
    "system-not-first": _AFTER,
    "null-content": "1 validation error: content.str - Input should be a valid string [input_value=None]",
    "missing-content": "1 validation error: content - Field required",
    "content-part-unsupported": "Unexpected content chunk types in {role} message: ['{type}']",
    "tool-name-format": _NAMED,
    "tool-name-empty": _NAMED.format(name=""),
    "tool-schema-invalid": "Invalid tool schema: {reason}",
}
_BEFORE_7 = {"content-and-calls-both": _EITHER, "empty-assistant-message": _EITHER}
_BEFORE_11 = {
    "reasoning-content-rejected": "Unexpected content chunk types in assistant message: ['ThinkChunk']",
}
_NINE_LONG = {"tool-call-id-format": "Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9."}
_SINCE_11 = {
    "duplicate-tool-result": "Duplicate tool call id {id} in tool results",
    "tool-call-id-mismatch": "Unexpected tool call id {id} in tool results",
    "duplicate-tool-call-id": "Duplicate tool call id {id} in assistant message",
}
_SINCE_13 = {
    "tool-call-id-format": (
        "Tool call id must be a non-empty string other than 'null' for tokenizer version 13 or newer."
    )
}
_NO_EFFORT = {"unknown-param": "reasoning_effort='{value}' is not supported for this model"}

_IMAGES = ("image_url", "image")
_AUDIO = ("input_audio", "audio_url")


def _parts(**types: tuple[str, ...]) -> tuple[str, ...]:
    """All parts that are taken: of each role texts, and these."""
    given = {"system": (), "user": (), "assistant": (), "tool": (), **types}
    every = {**given, "developer": given["system"]}
    return tuple(f"{role}:{kind}" for role, kinds in every.items() for kind in ("text", *kinds))


def _limits(parts: tuple[str, ...], *, tool_call_id: str = "", thoughts: bool = True, effort: bool = False) -> Limits:
    return Limits(
        tool_name=_NAME,
        tool_result_name=_NAME,
        tool_call_id=tool_call_id,
        schema_wants=("valid", "object"),
        system_after=("user",),
        null_content=("tool", "user"),
        parts=parts,
        params_refused=() if effort else (Param(name="reasoning_effort", unless=(None,)),),
        message_fields_refused=() if thoughts else ("reasoning_content", "reasoning"),
    )


def _version(version: str, limits: Limits, *statements: dict[str, str]) -> Server:
    refused = _ALWAYS | {rule: words for several in statements for rule, words in several.items()}
    return Server(
        profile=Profile(
            name=f"mistral-{version}",
            title=f"mistral-common (tokenizer {version})",
            refuses=tuple(
                Refusal(rule=rule, status=400, body=mistral_error(words), source=_SOURCE, seen="1.13.1")
                for rule, words in refused.items()
            ),
            limits=limits,
            sends=Sends(nine_sign_ids=limits.tool_call_id == _NINE),
        )
    )


_FIRST = _limits(_parts(), thoughts=False)
_SEEING = _limits(_parts(user=_IMAGES), tool_call_id=_NINE, thoughts=False)
_HEARING = _parts(user=(*_IMAGES, *_AUDIO), system=("input_audio", "thinking"))
_THINKING = _parts(user=(*_IMAGES, *_AUDIO), system=("input_audio", "thinking"), assistant=("thinking",))
_LATEST = _parts(user=(*_IMAGES, *_AUDIO), system=("input_audio",), assistant=("thinking",), tool=(*_IMAGES, *_AUDIO))
_ANY_ID = r"(?!null$)[\s\S]+"

VERSIONS: tuple[Server, ...] = (
    _version("v1", _FIRST, _BEFORE_7, _BEFORE_11, _NO_EFFORT),
    _version("v2", _FIRST, _BEFORE_7, _BEFORE_11, _NO_EFFORT),
    _version("v3", _SEEING, _BEFORE_7, _BEFORE_11, _NINE_LONG, _NO_EFFORT),
    _version("v7", _limits(_HEARING, tool_call_id=_NINE, thoughts=False), _BEFORE_11, _NINE_LONG, _NO_EFFORT),
    _version("v11", _limits(_THINKING, tool_call_id=_NINE), _SINCE_11, _NINE_LONG, _NO_EFFORT),
    _version("v13", _limits(_THINKING, tool_call_id=_ANY_ID), _SINCE_11, _SINCE_13, _NO_EFFORT),
    _version("v15", _limits(_LATEST, tool_call_id=_ANY_ID, effort=True), _SINCE_11, _SINCE_13),
)
"""Deployments of Mistral's models, each a profile of its own."""
