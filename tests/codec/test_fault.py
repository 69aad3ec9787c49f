"""Promises of `nexdiag.codec.fault`."""

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.fault import AT_A_CHUNK, WAYS, checked, decode, encode
from nexdiag.core.errors import UsageError
from nexdiag.core.fault import KINDS, Fault

VALUES: dict[str, list[str]] = {
    "status": ["400", "429", "500", "503", "598"],
    "error": ["", "429", "529"],
    "content-type": ["", "text/html", "application/json;charset=utf-8", "application/vnd.api+json"],
    "stall": ["", "head"],
    "slow": ["", "10", "0.5", "86400", "0"],
    "garble": ["", *WAYS],
}


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    """Any fault that there is, in its one form."""
    kind = draw(st.sampled_from(KINDS))
    value = draw(st.sampled_from(VALUES.get(kind, [""])))
    at_a_chunk = kind in AT_A_CHUNK and value != "head"
    seconds = st.integers(0, 86_400_000).map(lambda milliseconds: milliseconds / 1000)
    return Fault(
        kind=kind,
        turn=draw(st.none() | st.integers(1, 10**6)),
        exchange=draw(st.integers(1, 10**6) | st.just(1)),
        chunk=draw(st.none() | st.integers(-(10**6), 10**6)) if at_a_chunk else None,
        value=value,
        retry_after=draw(st.none() | seconds) if kind == "status" else None,
        times=draw(st.just(1) | st.integers(1, 10**6)),
    )


@given(faults())
def test_decode_gives_back_what_was_encoded(fault: Fault) -> None:
    """The round trip; and `checked` finds nothing to change."""
    assert decode(encode(fault)) == fault == checked(fault)


@given(faults())
def test_a_fault_survives_a_shell_unquoted(fault: Fault) -> None:
    """It is one word, with nothing that a shell expands; but for a content type with a parameter."""
    text = encode(fault)
    assert shlex.split(text, comments=False) == [text]
    assert ";" in fault.value or not set(text) & set("*?[]{}$`\\'\"<>|&;()!~ \t\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status:429@2,retry-after=1", {"kind": "status", "value": "429", "turn": 2, "retry_after": 1.0}),
        ("status:503", {"kind": "status", "value": "503"}),
        ("cut@3#5", {"kind": "cut", "turn": 3, "chunk": 5}),
        ("cut#5@3", {"kind": "cut", "turn": 3, "chunk": 5}),
        ("cut#5", {"kind": "cut", "chunk": 5}),
        ("stall@1#0", {"kind": "stall", "turn": 1, "chunk": 0}),
        ("stall:head", {"kind": "stall", "value": "head"}),
        ("slow:10s@1", {"kind": "slow", "value": "10", "turn": 1}),
        ("slow:500ms", {"kind": "slow", "value": "0.5"}),
        ("slow:2m", {"kind": "slow", "value": "120"}),
        ("garble@2", {"kind": "garble", "turn": 2}),
        ("duplicate@2#-1", {"kind": "duplicate", "turn": 2, "chunk": -1}),
        ("drop@2.3#3", {"kind": "drop", "turn": 2, "exchange": 3, "chunk": 3}),
        ("no-done@each.2", {"kind": "no-done", "exchange": 2}),
        ("error:429@all", {"kind": "error", "value": "429"}),
        ("content-type:text/html@1", {"kind": "content-type", "value": "text/html", "turn": 1}),
        (" status : 500 @ 1 , times = 3 ", {"kind": "status", "value": "500", "turn": 1, "times": 3}),
    ],
)
def test_what_people_write(text: str, expected: dict[str, Any]) -> None:
    """Each form of the reference."""
    assert decode(text) == Fault(**expected)


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("", "wanted status, error,", "docs/reference"),
        ("stat:500", "found 'stat'", "did you mean 'status'?"),
        ("timeout@2", "found 'timeout'", "did you mean 'stall'?"),
        ("truncat@2", "found 'truncat'", "did you mean 'cut'?"),
        ("429@2", "found '429'", "did you mean status:429?"),
        ("no_done", "found 'no_done'", "did you mean 'no-done'?"),
        ("status@2", "wanted a status, as in status:503", ""),
        ("status:200", "from 400 to 598, found '200'", ""),
        ("status:599", "found '599'", ""),
        ("status:" + "9" * 5000, "from 400 to 598", ""),
        ("status:500#2", "no chunk for 'status'", "at chunks: error, cut,"),
        ("cut@0", "a turn from 1", ""),
        ("cut@-1", "found '-1'", ""),
        ("cut@", "a turn from 1, or 'each'", ""),
        ("cut@2.", "a request of the turn", ""),
        ("cut@2#", "a chunk from 0", ""),
        ("cut@2#x", "found 'x'", ""),
        ("cut@٣", "a turn from 1", ""),
        ("cut:3", "wanted cut without a value, found '3'", ""),
        ("stall:head#1", "wanted either 'head' or a chunk", ""),
        ("garble:byte", "wanted garble:brace, garble:half, garble:bytes", "did you mean garble:bytes?"),
        ("slow:fast", "seconds for slow", ""),
        ("slow:99999999s", "up to a day", ""),
        ("content-type:html", "as text/plain, found 'html'", ""),
        ("status:429,retry_after=1", "found 'retry_after=1'", "did you mean retry-after=?"),
        ("status:429,retry-after=soon", "seconds for retry-after", ""),
        ("cut@1,retry-after=1", "retry-after with a status, not with 'cut'", ""),
        ("cut@1,times=0", "how often", ""),
        ("cut@1,times=1,times=2", "wanted times once", ""),
        ("cut@1,", "retry-after=SECONDS or times=N, found ''", ""),
        ("\x1b[31m" + "x" * 10_000, "'\\x1b[31mxxx", ""),
    ],
)
def test_what_is_wrong_is_told(text: str, what: str, hint: str) -> None:
    """What was wanted, what was found, and what was probably meant; short, and without control characters."""
    with pytest.raises(UsageError) as error:
        decode(text)
    assert what in error.value.what
    assert hint in error.value.hint
    assert error.value.what.isprintable()
    assert len(error.value.what) < 500


@given(st.text() | st.text("statuscutlow:@#.,=-0123456789 "))
def test_any_text_is_a_fault_or_told(text: str) -> None:
    """Nothing else is ever raised."""
    try:
        fault = decode(text)
    except UsageError:
        return
    assert checked(fault) == fault


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="x"),
        Fault(kind="status"),
        Fault(kind="cut", turn=0),
        Fault(kind="slow", chunk=1),
        Fault(kind="cut", times=0),
    ],
)
def test_a_fault_that_no_text_stands_for_is_told(fault: Fault) -> None:
    """One that was made in a program is checked like one that was written."""
    with pytest.raises(UsageError, match="the fault"):
        checked(fault)


def test_a_fault_of_a_program_gets_its_one_form() -> None:
    """Seconds may have their unit there too."""
    assert checked(Fault(kind="slow", value="10s")).value == "10"
