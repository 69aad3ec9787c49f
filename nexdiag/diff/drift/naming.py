"""Which names are schema and which are data: what a shape descends into, counts as a choice, or keeps apart.

Tables alone. A name that is data never becomes part of a pointer, and a text that people or models write never becomes
a value of an enum.
"""

import re

OPAQUE = frozenset(
    {
        *("parameters", "input_schema", "inputSchema", "outputSchema", "schema", "json_schema"),  # JSON Schemas
        *("arguments", "structuredContent", "generation_settings", "__verbose"),
    }
)
"""What is below is somebody else's language: its type is noted and nothing more."""
OPAQUE_IN = {"[type=tool_use]": frozenset({"input"}), "[type=server_tool_use]": frozenset({"input"})}
"""The same within one branch: what a tool is called with on the Messages wire."""
MAPS = frozenset({"metadata", "logit_bias", "headers", "properties", "definitions", "$defs", "_meta", "extra_body"})
"""Objects whose names are data."""
FREE = frozenset(
    {
        *("content", "text", "arguments", "reasoning", "reasoning_content", "thinking", "signature", "instructions"),
        *("input", "output", "description", "delta", "partial_json", "refusal", "prompt", "system", "message", "token"),
        *("id", "item_id", "call_id", "tool_call_id", "tool_use_id", "response_id", "name", "title", "user", "url"),
        *("uri", "encrypted_content", "data", "query", "path", "created", "generated_text", "summary", "obfuscation"),
        *("request_id", "previous_response_id", "system_fingerprint", "model", "arguments_delta", "file_id"),
        *("stop", "stop_sequence", "suffix", "username", "owner", "author", "email", "account", "tenant", "customer"),
        *("organization", "organisation", "project", "filename", "domain", "host", "hostname", "address", "location"),
        *("prompt_cache_key", "safety_identifier", "fingerprint", "cwd", "progressToken", "requestId"),
    }
)
"""Texts that are never a choice of few, however few of them a corpus holds: words of people, ids, names."""
_SECRET = re.compile(
    r"(?i)pass(word|phrase|wd)|secret|token|api_?key|credential|authori[sz]ation|cookie|session|_ids?$"
)
"""In the name of what is a secret, or somebody's."""
CHOICES = frozenset({"type", "role", "object", "finish_reason", "stop_reason", "status"})
"""Texts that always are, however few exchanges there are."""
DISCRIMINATORS = {
    "messages": ("role",),
    "content": ("type",),
    "input": ("type", "role"),
    "output": ("type", "role"),
    "system": ("type",),
    "summary": ("type",),
    "content_block": ("type",),
    "delta": ("type",),
    "item": ("type",),
    "part": ("type",),
}
"""By what the objects below such a name (or the entries of a list below it) are told apart: the first that is there."""
ROOT_STREAM = ("type", "object")
"""By what the events of a stream are told apart."""
ROOT_RPC = ("method",)
LASTING = frozenset(
    f"[type={one}]"
    for one in ("message_start", "message_delta", "message_stop", "response.created", "response.completed")
)
"""Events that every stream has, whatever the model says."""
LABEL = re.compile(r"[A-Za-z0-9_.:/\-]{1,40}")
"""What a value of a choice, or of a discriminator, looks like: one short word."""
MAP_KEY = "{*}"
NO_JSON = "no JSON"
"""A type as well: what stands where JSON should."""
_DATA_KEY = re.compile(
    r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27,}|[0-9a-fA-F]{12,}|(?:call|chatcmpl|resp|msg|toolu|item)[_-][\w-]{6,}"
)
_LONGEST_KEY = 64
_SEGMENT = re.compile(
    r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27,}|[0-9a-fA-F]{12,}|[a-z]+[_-](?=[\w-]*\d)[\w-]{12,}|.{41,}", re.ASCII
)


def is_free(key: str) -> bool:
    """Whether texts below a name are never a choice of few."""
    return key in FREE or _SECRET.search(key) is not None


def is_data(key: str) -> bool:
    """Whether a name is an id, a number, or otherwise none that a schema would have."""
    odd = " " in key or "@" in key or not key.isprintable()
    return odd or len(key) > _LONGEST_KEY or _DATA_KEY.fullmatch(key) is not None


def segment(key: str) -> str:
    """A name as a segment of a pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def endpoint_of(method: str, path: str) -> str:
    """Method and path, without its query, ids in it replaced: `GET /v1/responses/{id}`."""
    parts = path.partition("?")[0].partition("#")[0].split("/")
    named = [
        "{id}" if part and ("@" in part or _SEGMENT.fullmatch(part) or not part.isprintable()) else part
        for part in parts[:8]
    ]
    return f"{method[:10]} {'/'.join(named)}"
