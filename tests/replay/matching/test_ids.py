"""Promises of `nexdiag.replay.matching.ids`."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.replay.matching.ids import generated


@pytest.mark.parametrize(
    "text",
    [
        "call_4fA9kQz81LmN02pRsT7uVwXy", "toolu_01A09q90qw90lq917835lq9", "dqZ2s35zFtuL5xJMVMc1iE0QomBmDgbj",
        "D681PevKs", "chatcmpl-tool-9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d", "msg_01a2060d-8e53-75c1-88cf-bb3c52196c4e",
    ],
)  # fmt: skip
def test_random_ids_are_told(text: str) -> None:
    """As servers and clients make them."""
    assert generated(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "call_1",
        "call_get_weather_12",
        "functions.add:0",
        "read_file",
        "getWeatherForTheCityOfParis",
        "a" * 10**5,
    ],
)
def test_what_says_something_is_not(text: str) -> None:
    """Such an id counts."""
    assert not generated(text)


@given(st.uuids(), st.sampled_from(["", "call_", "toolu-", "fc_"]))
def test_every_uuid_is(one: uuid.UUID, prefix: str) -> None:
    """With or without a prefix, with or without its dashes."""
    assert generated(prefix + str(one))
