"""What a string is, by where it stands."""

import json

import pytest

from nexdiag.runner.bundling.mask import Masker


@pytest.mark.parametrize(
    ("path", "stays"),
    [
        (("role",), "user"),
        (("messages", "role"), "user"),
        (("tool_choice",), "auto"),
        (("metadata", "role"), None),
        (("messages", "input", "type"), None),
        (("prompt", "variables", "status"), None),
        (("params", "arguments", "role"), None),
        (("tools", "function", "parameters", "type"), "object"),
        (("tools", "function", "parameters", "properties", "role", "default"), None),
        (("tools", "function", "parameters", "properties", "role", "type"), "string"),
        (("unheard_of", "role"), None),
        (("messages", "content", "text"), None),
    ],
)
def test_words_of_the_protocol_stay_where_it_has_them(path: tuple[str, ...], stays: str | None) -> None:
    """And nowhere else, though they be the same."""
    value: object = stays or "user"
    for key in reversed(path):
        value = {key: value}
    masked = Masker(b"key").json(json.dumps(value).encode()).decode()
    assert (f'"{stays or "user"}"' in masked) is (stays is not None)


def test_numbers_stay_where_the_protocol_counts() -> None:
    """Codes of signs, numbers of tokens and what a tool was given do not."""
    raw = {"usage": {"prompt_tokens": 77}, "seed": 77, "content": [77], "logprobs": {"bytes": [77]},
           "metadata": {"n": 77}, "input": [77], "prompt": [77], "odd": 77, "index": 77}  # fmt: skip
    masked = Masker(b"key").json(json.dumps(raw).encode()).decode()
    assert masked.count("77") == 3
