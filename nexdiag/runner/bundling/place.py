"""What a string is, by where it stands in the known shapes of requests, answers and events. Pure.

Law: what stands in no known place is `OPAQUE`: nothing of it is kept but that it is there.
"""

from nexdiag.runner.bundling.scan import Frame
from nexdiag.runner.bundling.vocabulary import KEYS, SCHEMA_KEYS

OPEN, OPAQUE, SCHEMA, PROPERTIES, NAMED, ERROR = "open", "opaque", "schema", "properties", "named", "error"
"""Places: of the protocol; of nobody's business; a JSON schema; its fields; a list of names; a refusal."""
STRANGE = "?"
"""In place of a key that is not of the protocol."""
TEXT, WORD, NAME, MODEL, ARGUMENTS, DELTA, REFERENCE, SAID = range(8)
"""What a string is: what was said; one of few words; a name or an id; a model; JSON as text; a piece of something that
its event's type tells; a place in a schema; what a server says of a request."""

_CLOSED = frozenset(
    [
        "arguments",
        "variables",
        "metadata",
        "prompt",
        "logit_bias",
        "bytes",
        "chat_template_kwargs",
        "options",
        "user_location",
    ]
)
_SCHEMAS = frozenset(("parameters", "input_schema", "schema"))
_ERRORS = frozenset(("error", "errors", "detail"))
_ECHOED = frozenset(("input", "body", "ctx"))
_FIELDS = frozenset(("properties", "$defs", "definitions", "patternProperties", "dependentRequired"))
_EXAMPLES = frozenset(("const", "default", "examples"))
_LISTS = frozenset(("enum", "required"))
_WORDS = frozenset(
    """
    role type finish_reason stop_reason native_finish_reason status object code param effort reasoning_effort
    service_tier tool_choice format media_type truncation modalities include verbosity method jsonrpc
    protocolVersion event generate_summary quality size detail reasoning response_format
    """.split()  # noqa: SIM905 - reads better than so many strings
)
_NAMES = frozenset(
    """
    name id tool_call_id call_id tool_use_id item_id previous_response_id display_name last_id prompt_cache_key
    system_fingerprint owned_by container conversation provider param
    """.split()  # noqa: SIM905 - reads better than so many strings
)
_SAYING = frozenset(
    """
    content text input message name role output arguments reasoning_content summary title url prompt data stop
    stop_sequence stop_sequences delta result refusal signature instructions system user id tool_call_id call_id
    bytes logprobs signature thinking obfuscation msg file audio
    """.split()  # noqa: SIM905 - reads better than so many strings
)
"""Keys under which a number says something, if one stands there."""


def opened(frame: Frame) -> str:
    """The place that an object or array is which begins here."""
    place, key = frame.place, frame.key
    if frame.listed:
        return place
    if place == OPEN:
        return _opened(frame, key)
    if place == ERROR:
        return OPAQUE if key in _ECHOED or key == STRANGE else ERROR
    if place == PROPERTIES:
        return SCHEMA
    if place == SCHEMA and key != STRANGE:
        return PROPERTIES if key in _FIELDS else OPAQUE if key in _EXAMPLES else NAMED if key in _LISTS else SCHEMA
    return OPAQUE


def _opened(frame: Frame, key: str) -> str:
    inner = frame.outer is not None and frame.outer.outer is not None
    if key in _CLOSED or key == STRANGE or (key == "input" and inner):
        return OPAQUE
    return SCHEMA if key in _SCHEMAS else ERROR if key in _ERRORS else OPEN


def stays(frame: Frame, key: str) -> bool:
    """Whether a key is of the protocol, in this object."""
    return key in (SCHEMA_KEYS if frame.place == SCHEMA else KEYS) if frame.place in (OPEN, ERROR, SCHEMA) else False


def kind(frame: Frame) -> int:
    """What a string is that stands here."""
    place, key = frame.place, frame.key
    if place == ERROR:
        return TEXT if key in _ECHOED or key == STRANGE else SAID
    if place == SCHEMA:
        return WORD if key in ("type", "format", "$schema") else REFERENCE if key == "$ref" else TEXT
    if place in (NAMED, PROPERTIES):
        return NAME
    return _of_protocol(frame, key) if place == OPEN else TEXT


def _of_protocol(frame: Frame, key: str) -> int:
    if key in _ERRORS and not (key == "detail" and "type" in frame.known):
        return SAID
    if key in ("arguments", "partial_json"):
        return ARGUMENTS
    if key == "delta":
        return DELTA
    return MODEL if key == "model" else NAME if key in _NAMES else WORD if key in _WORDS else TEXT


def counts(frame: Frame) -> bool:
    """Whether a number that stands here is one of the protocol's."""
    if frame.listed:
        return frame.place == ERROR
    if frame.place == SCHEMA:
        return frame.key not in (*_EXAMPLES, *_LISTS, STRANGE)
    return frame.place in (OPEN, ERROR) and frame.key != STRANGE and frame.key not in _SAYING | _CLOSED | _ECHOED
