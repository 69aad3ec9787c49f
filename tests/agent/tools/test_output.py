"""No cut splits a character, exceeds its limit, or miscounts what it left out."""

import re

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.tools.output import Capture, head, head_tail, utf8

TEXT = st.text(alphabet=st.sampled_from("ab\nä€😀"), max_size=400)
ROOM = st.integers(60, 200)


def parts(cut: str) -> tuple[str, int, str]:
    """The beginning, the number in the marker, and the end."""
    match = re.fullmatch(r"(?s)(.*)\n\[\.\.\. (\d+) characters left out \.\.\.\]\n(.*)", cut)
    assert match is not None
    return match[1], int(match[2]), match[3]


@given(TEXT, ROOM)
def test_head_keeps_the_beginning_and_counts_the_rest(text: str, limit: int) -> None:
    """A short text passes whole; of a long one the beginning stays, and the count is exact."""
    cut = head(text, limit)
    assert len(cut) <= limit
    if len(text) <= limit:
        assert cut == text
    else:
        start, missing, end = parts(cut)
        assert (end, len(start) + missing) == ("", len(text))
        assert text.startswith(start)


def test_head_keeps_whole_lines() -> None:
    """A path is not cut in two where a line's end is near."""
    start, _, _ = parts(head("one/path.py\n" * 50, 100))
    assert set(start.split("\n")) == {"one/path.py"}


@given(TEXT, ROOM, st.integers(0, 10**6))
def test_head_tail_keeps_both_ends(text: str, limit: int, missing: int) -> None:
    """Both ends stay, a fifth and four fifths, and the count adds what was missing before."""
    cut = head_tail(text, limit, missing=missing)
    assert len(cut) <= limit or len(text) <= limit
    if len(text) <= limit and not missing:
        assert cut == text
    else:
        start, left_out, end = parts(cut)
        assert len(start) + left_out + len(end) == len(text) + missing
        assert text.startswith(start)
        assert text.endswith(end)
        assert len(start) == int((len(start) + len(end)) * 0.2)


@given(TEXT, st.integers(5, 100), st.lists(st.integers(1, 50), max_size=20))
def test_capture_counts_characters_it_dropped(text: str, limit: int, cuts: list[int]) -> None:
    """However the bytes arrive, held and missing characters add up; no character is halved (reference fault 41)."""
    capture = Capture(limit)
    raw = text.encode()
    for size in cuts:
        capture.add(raw[:size])
        raw = raw[size:]
    capture.add(raw)
    held, missing = capture.text()
    assert "\ufffd" not in held
    assert len(held) + missing == len(text)
    assert len(held.encode()) <= limit or not missing
    assert missing == 0 or len(text.encode()) > limit
    if missing == 0:
        assert held == text


def test_capture_is_bounded() -> None:
    """A hundred megabytes leave no more than twice the limit in memory, and both ends."""
    capture = Capture(1000)
    capture.add(b"first ")
    for _ in range(100):
        capture.add(b"x" * (1 << 20))
        assert len(capture._head) + len(capture._tail) <= 2000
    capture.add(b" last")
    held, missing = capture.text()
    assert held.startswith("first x")
    assert held.endswith("x last")
    assert len(held) == 1000
    assert missing == 11 + 100 * (1 << 20) - 1000


def test_bytes_that_are_no_text_are_replaced() -> None:
    """Binary output becomes replacement characters, never an exception."""
    capture = Capture(100)
    capture.add(bytes(range(256)) * 3)
    held, _ = capture.text()
    assert "\ufffd" in held


def test_lone_surrogates_are_replaced() -> None:
    """What comes out can be encoded."""
    assert utf8("a\ud800b") == "a?b"
