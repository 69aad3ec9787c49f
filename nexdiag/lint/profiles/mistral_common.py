"""What mistral-common refuses, by the version of the tokenizer: of models that are served with it, wherever that is.

Mistral's own service checks more, and other names of parameters: that is in `mistral`. Each version is a profile.
"""

from nexdiag.core.endpoint import Refusal
from nexdiag.lint.profiles.shapes import mistral_error

_SOURCE = "validator.py and messages.py of mistral-common 1.13.1"
_NAME = "[a-zA-Z0-9_-]{1,64}"
_NINE = "[a-zA-Z0-9]{9}"
_COUNT = "Not the same number of function calls and responses"
_UNEXPECTED = "Unexpected role '{role}' after role '{previous}'"


def _refused(rule: str, words: str, version: str) -> Refusal:
    return Refusal(rule=rule, status=400, body=mistral_error(words), source=_SOURCE, seen=version)


_ALL = {
    "empty-messages": "Conversation must have at least one message",
    "orphan-tool-result": "Unexpected role 'tool' after role '{previous}'",
    "tool-result-not-adjacent": "Unexpected role 'tool' after role '{previous}'",
    "unanswered-tool-call": _COUNT,
    "split-parallel-tool-calls": _COUNT,
    "dropped-tool-result": _COUNT,
    "assistant-last": "Expected last role User or Tool (or Assistant with prefix) for serving but got assistant",
    "system-not-first": "Unexpected role 'system' after role '{previous}'",
    "null-content": "Input should be a valid string",
    "missing-content": "'content' Field required",
    "tool-name-format": (
        "Function name was {name} but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length"
        " of 64."
    ),
    "tool-name-empty": (
        "Function name was  but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64."
    ),
    "tool-schema-invalid": "Invalid tool schema: {reason}",
}
