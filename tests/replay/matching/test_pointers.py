"""Promises of `nexdiag.replay.matching.pointers`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.errors import UsageError
from nexdiag.replay.matching.pointers import Automaton, read

names = st.sampled_from(["a", "b", "0", "c"])
pointers = st.lists(names | st.sampled_from(["*", "**"]), min_size=1, max_size=4).map(tuple)


def fits(pointer: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """The same, told plainly."""
    if not pointer:
        return not path
    if pointer[0] == "**":
        return any(fits(pointer[1:], path[at:]) for at in range(len(path) + 1))
    return bool(path) and pointer[0] in ("*", path[0]) and fits(pointer[1:], path[1:])


@given(st.lists(pointers, max_size=4), st.lists(names, max_size=5).map(tuple))
def test_it_follows_pointers_as_they_read(several: list[tuple[str, ...]], path: tuple[str, ...]) -> None:
    """`*` is any entry, `**` any depth, also none."""
    automaton = Automaton(several)
    states = automaton.start
    for name in path:
        states = automaton.after(states, name)
    assert automaton.ends(states) == tuple(at for at, pointer in enumerate(several) if fits(pointer, path))


def test_names_that_no_rule_names_take_no_room() -> None:
    """A hostile body with a million names is remembered as one."""
    automaton = Automaton([("a", "**", "b")])
    inside = automaton.after(automaton.start, "a")
    for number in range(1000):
        automaton.after(inside, str(number))
    assert len(automaton._next) == 2


def test_escapes_are_read() -> None:
    """`~1` is a slash in a name, `~0` a tilde."""
    assert read("/a~1b/~0/*/**") == ("a/b", "~", "*", "**")


@pytest.mark.parametrize("text", ["", "a", "/a~2", "/~", "/a" * 65])
def test_what_is_none_is_refused(text: str) -> None:
    """With an example of what is one."""
    with pytest.raises(UsageError) as refused:
        read(text)
    assert refused.value.hint
