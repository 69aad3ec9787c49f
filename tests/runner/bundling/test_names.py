"""Others in the place of names."""

import re

import pytest

from nexdiag.runner.bundling.names import Names


def test_a_name_is_another_of_the_same_make() -> None:
    """As long, with the same kinds of signs, the same each time; equal ones stay equal and different ones different."""
    names = Names(b"key")
    one = names.name(b"get_Weather2")
    assert re.fullmatch(rb"[a-z]{3}_[A-Z][a-z]{6}\d", one)
    assert one == names.name(b"get_Weather2") != names.name(b"get_Weather3")
    assert one != Names(b"other").name(b"get_Weather2")
    assert len({names.name(b"%c" % sign) for sign in b"abcdefghij"}) == 10
    assert names.known(b"get_Weather2") == one
    assert names.known(b"other") is None


def test_what_every_id_begins_with_stays() -> None:
    """And no more of it."""
    made = Names(b"key").name(b"call_abcdefgh")
    assert made.startswith(b"call_")
    assert b"abcdefgh" not in made


def test_signs_that_are_not_ascii_stay_such() -> None:
    """A name that is not allowed stays one, in as many bytes."""
    raw = "straße\\u00e4\\n".encode()
    made = Names(b"key").name(raw)
    assert len(made) == len(raw)
    assert not made.isascii()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (b"gpt-4o-mini", True),
        (b"Qwen/Qwen2.5-7B-Instruct", True),
        (b"acme-secret-7b", False),
        (b"ai49151123456", False),
    ],
)
def test_a_model_keeps_its_family_and_size(name: bytes, kept: bool) -> None:
    """What is somebody's own in it goes."""
    assert (Names(b"key").model(name) == name) is kept
    assert b"secret" not in Names(b"key").model(name)
