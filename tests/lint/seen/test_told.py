"""What an answer told, in one shape."""

import pytest

from nexdiag.lint.seen.told import Told, UsageTold, count, finish_of, usage_of


@pytest.mark.parametrize(
    ("value", "ours"),
    [
        ("stop", "stop"),
        ("end_turn", "stop"),
        ("eos_token", "stop"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("refusal", "content_filter"),
        ("pause_turn", "pause_turn"),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_finish_reasons_are_told_in_one_language(value: object, ours: str | None) -> None:
    """Those that have no word of ours stay as they are."""
    assert finish_of(value) == ours


@pytest.mark.parametrize(
    ("usage", "wanted"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 5}, UsageTold(input=3, output=5)),
        (
            {"prompt_tokens": 3, "completion_tokens": 0, "prompt_tokens_details": {"cached_tokens": 2}},
            UsageTold(input=3, output=0, cached=2),
        ),
        (
            {"input_tokens": 3, "output_tokens": 5, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 1},
            UsageTold(input=11, output=5, cached=7),
        ),
        (
            {"input_tokens": 3, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 1}},
            UsageTold(input=3, output=5, cached=1),
        ),
        ({"prompt_tokens": "3", "prompt_tokens_details": "x"}, UsageTold()),
        ({}, UsageTold()),
    ],
)
def test_usage_of_every_wire(usage: object, wanted: UsageTold) -> None:
    """The Messages wire counts what was cached beside the input; with us it is in it."""
    assert usage_of(usage) == wanted
    assert usage_of([usage]) is None


@pytest.mark.parametrize(("number", "wanted"), [(3, 3), (3.0, 3), (0, 0), (-1, None), (10**13, None), (True, None)])
def test_absurd_counts_are_none(number: object, wanted: int | None) -> None:
    """No server has counted so many."""
    assert count({"n": number}, "n") == wanted


def test_the_first_of_a_kind_is_kept() -> None:
    """The others are counted, so that a long stream costs no more than a short one."""
    told = Told()
    told.strange("no-index", 4, {"a": "b" * 1000}, "f")
    told.strange("no-index", 5, "other")
    odd = told.odd["no-index"]
    assert (odd.at, odd.times, odd.name, odd.shown[:6], len(odd.shown)) == (4, 2, "f", '{"a":"', 300)
    assert not told.spoke
    assert Told(reasoning="hm").spoke
