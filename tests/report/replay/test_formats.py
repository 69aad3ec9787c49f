"""The table of formats."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report.replay import sample

from nexdiag.core.difference import Difference
from nexdiag.core.replayed import Divergence
from nexdiag.core.run import Replayed
from nexdiag.report.replay.formats import FORMATS, STREAMED


def test_all_formats_of_the_contract_that_fit_a_replay_are_there() -> None:
    """The door offers what stands here."""
    assert list(FORMATS) == ["text", "json", "jsonl", "junit", "github", "sarif", "md"]


@pytest.mark.parametrize("name", FORMATS)
def test_each_takes_anything(name: str) -> None:
    """None, one of each, and the worst."""
    make = FORMATS[name]
    for done in ([], sample.several(), [sample.hostile()], [sample.unread()]):
        make(done).encode()


@pytest.mark.parametrize("name", STREAMED)
def test_what_is_streamed_is_a_part_of_the_whole(name: str) -> None:
    """Written one by one it is the same."""
    done = sample.several()
    assert FORMATS[name](done).startswith("\n".join(map(STREAMED[name], done)))


@settings(max_examples=40)
@given(st.text(alphabet=st.characters(), max_size=30) | st.just("\n::error::x"))
def test_no_character_is_obeyed(text: str) -> None:
    """Whatever stands in a path, a turn, a value or a reason: no format lets out what a terminal heeds."""
    first = Difference(pointer=text, left=text, right={text: text + "x"})
    found = Divergence(turn=1, path=text, first=first, why=text, advice=text)
    turn = sample.verdict(1, "changed", said=text, session=text, note=text, divergence=found)
    done = [sample.one(text, [turn], expired=text), Replayed(path=text, what=text + "y", hint=text, code=3)]
    for name, make in FORMATS.items():
        told = make(done)
        told.encode()
        heeded = {one for one in told if unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t"}
        assert not heeded, name
        assert name == "github" or not [row for row in told.splitlines() if row.lstrip().startswith("::")]
