"""Words of the protocols."""

from nexdiag.codec import jsontext
from nexdiag.lint.seen.named import KNOWN
from nexdiag.runner.bundling.vocabulary import HEADERS, KEYS, WORDS


def test_what_every_dialect_has_is_known() -> None:
    """Parameters, roles, ends; and what stays can be written as it is into JSON and into a head."""
    assert set().union(*KNOWN.values()) <= KEYS
    assert {"system", "user", "assistant", "tool", "stop", "tool_use", "end_turn", "function_call_output"} <= WORDS
    assert all(jsontext.write(word) == f'"{word}"'.encode() for word in KEYS | WORDS)
    assert all(name == name.lower() for name in HEADERS)
