"""Promises of `nexdiag.core.errors`."""

import re

import pytest

from nexdiag.core import errors

KINDS = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.NexdiagError)
}


def test_the_tree_is_drawn_as_it_is() -> None:
    """The docstring has every error, with its exit code, below its parent."""
    drawn = re.findall(r"^([│ ├└─]*)(\w+) +(\d)?", errors.__doc__ or "", re.MULTILINE)
    tree: dict[str, tuple[str | None, int | None]] = {}
    above: dict[int, str] = {}
    for branches, name, code in drawn:
        if name in KINDS:
            level = len(branches) // 4
            above[level] = name
            tree[name] = (above.get(level - 1), int(code) if code else None)
    assert tree.keys() == KINDS.keys()
    for name, (parent, code) in tree.items():
        if parent is not None:
            assert KINDS[name].__bases__ == (KINDS[parent],)
        if code is not None:
            assert KINDS[name].exit_code == code


@pytest.mark.parametrize("kind", KINDS.values())
def test_an_error_says_what_and_what_to_do(kind: type[errors.NexdiagError]) -> None:
    """Both lines are kept; as text it is what went wrong."""
    error = kind("wanted this, found that", hint="do so")
    assert (str(error), error.what, error.hint) == ("wanted this, found that", "wanted this, found that", "do so")
    assert kind("what").hint == ""
