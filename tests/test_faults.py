"""docs/reference/faults.md: every fault of the reference executor, and the tests that would fail if it came back.

Run as a program, it writes the lists of tests: `python tests/test_faults.py`. What a fault was is written by hand.
"""

import ast
import difflib
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "faults.md"
STALE = "run: python tests/test_faults.py"
FAULTS = [*map(str, range(1, 76)), *(f"L{number}" for number in range(1, 32))]

_ITEM = r"L?\d+(?:-L?\d+)?"
NAMED = re.compile(rf"\b[Rr]eference\s+faults?\s+({_ITEM}(?:,\s+{_ITEM})*)")
"""`reference fault 37`, `reference faults 1, 31-37, L12`; in the docstring of a test."""
MEANT = re.compile(r"\bfaults?\s+L?\d", re.IGNORECASE)
MORE = re.compile(r"\s*(?:,|/|-|and\b|or\b)\s*L?\d")
"""What a reader takes for the naming of a fault, and for more of them."""
ROW = re.compile(r"- \*\*(L?\d+)\.\*\* \S")
PROOF = re.compile(r"  - `(tests/\S+\.py::test_\w+)`")


def faults(docstring: str) -> list[str]:
    """Every fault that a docstring names, in its order."""
    items = (item for match in NAMED.finditer(docstring) for item in match[1].replace(",", " ").split())
    return [fault for item in items for fault in _counted(item)]


def _counted(item: str) -> Iterator[str]:
    first, _, last = item.partition("-")
    letter = "L" if first.startswith("L") else ""
    numbers = [int(number.removeprefix("L")) for number in (first, last or first)]
    yield from (f"{letter}{number}" for number in range(numbers[0], numbers[1] + 1))


def loose(docstring: str) -> bool:
    """Whether it names a fault so that a reader sees it, and `faults` does not."""
    named = list(NAMED.finditer(docstring))
    return len(named) != len(MEANT.findall(docstring)) or any(MORE.match(docstring, match.end()) for match in named)


def docstrings() -> Iterator[tuple[str, str]]:
    """Each test, as pytest names it, with its docstring."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield f"{path.relative_to(ROOT).as_posix()}::{node.name}", ast.get_docstring(node) or ""


@functools.cache
def proofs() -> dict[str, list[str]]:
    """The tests that name each fault."""
    found: dict[str, list[str]] = {fault: [] for fault in FAULTS}
    for test, docstring in docstrings():
        for fault in dict.fromkeys(faults(docstring)):
            found.setdefault(fault, []).append(test)
    return found


def rows(page: str) -> list[str]:
    """The faults that have a line, in the page's order."""
    return [match[1] for line in page.splitlines() if (match := ROW.match(line))]


def filled(page: str, proven: Mapping[str, list[str]]) -> str:
    """The page with the tests of each fault below its line, and no others."""
    lines: list[str] = []
    waiting: list[str] = []
    for line in page.splitlines():
        if not line.startswith("  "):
            lines += waiting
            match = ROW.match(line)
            waiting = [f"  - `{test}`" for test in proven.get(match[1], ())] if match else []
        if not PROOF.fullmatch(line):
            lines.append(line)
    return "\n".join([*lines, *waiting, ""])


def test_each_fault_has_one_line() -> None:
    """All of them, each once, in their order."""
    assert rows(PAGE.read_text(encoding="utf-8")) == FAULTS


def test_each_fault_has_a_test() -> None:
    """That names it in its docstring: a design that leaves no room for a fault can be put to the test as well."""
    assert [fault for fault in FAULTS if not proofs()[fault]] == []


def test_the_page_lists_the_tests() -> None:
    """Those that there are, below the faults that they name; one that is gone is not there any more."""
    page = PAGE.read_text(encoding="utf-8")
    wanted = filled(page, proofs())
    assert page == wanted, "\n".join([STALE, *difflib.unified_diff(page.splitlines(), wanted.splitlines(), n=0)])


def test_a_fault_is_named_so_that_it_is_found() -> None:
    """In one spelling, and by a number that there is: else its test would prove it to nobody."""
    unseen = [test for test, docstring in docstrings() if loose(docstring)]
    assert not unseen, f"wanted (reference fault 1) or (reference faults 1, L2): {unseen}"
    unknown = [(test, fault) for test, docstring in docstrings() for fault in faults(docstring) if fault not in FAULTS]
    assert not unknown


@pytest.mark.parametrize(
    ("docstring", "found"),
    [
        ("It works (reference fault 7).", ["7"]),
        ("It works.\n\n(reference\nfaults 1, 3-5,\nL1-L2, 75)\n", ["1", "3", "4", "5", "L1", "L2", "75"]),
        ("Reference fault L3: it is there (reference fault 4: and this).", ["L3", "4"]),
        ("No fault of ours; 3 faults; the reference's faults.", []),
    ],
)
def test_what_a_docstring_names(docstring: str, found: list[str]) -> None:
    """Numbers, lists and ranges, wherever they stand, over line ends too; nothing else."""
    assert faults(docstring) == found
    assert not loose(docstring)


@pytest.mark.parametrize(
    "docstring", ["(fault 7)", "(faults 1, 2)", "(reference faults 1 and L2)", "(reference fault 1 / L2)"]
)
def test_what_is_not_found_is_refused(docstring: str) -> None:
    """A spelling that a reader understands and the page does not."""
    assert loose(docstring)


def test_a_test_that_goes_leaves_the_page() -> None:
    """And one that comes is put below its fault; what was written by hand stays."""
    page = "# A\n\n- **1.** One\n  went wrong.\n  - It cannot.\n  - `tests/a.py::test_gone`\n- **L2.** Two.\n\nEnd.\n"
    wanted = page.replace("test_gone", "test_new").replace("Two.\n", "Two.\n  - `tests/b.py::test_two`\n")
    assert filled(page, {"1": ["tests/a.py::test_new"], "L2": ["tests/b.py::test_two"]}) == wanted
    assert filled(wanted, {}) == page.replace("  - `tests/a.py::test_gone`\n", "")


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), proofs()), encoding="utf-8")
