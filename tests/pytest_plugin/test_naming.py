"""Where a test's cassette is."""

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from nexdiag.pytest_plugin.naming import SUFFIX, conventional, file_name

ROOT = Path("/suite")


def test_it_is_beside_the_test_or_where_the_ini_file_says() -> None:
    """One directory a module: tests of the same name in two modules do not meet."""
    nodeid, file = "tests/a/test_x.py::TestC::test_y[gpt]", ROOT / "tests" / "a" / "test_x.py"
    name = "TestC.test_y[gpt].cassette.jsonl"
    assert conventional(nodeid, file, ROOT, None) == ROOT / "tests" / "a" / "cassettes" / "test_x" / name
    assert conventional(nodeid, file, ROOT, "kept") == ROOT / "kept" / "tests" / "a" / "test_x" / name
    assert conventional(nodeid, Path("/away/test_x.py"), ROOT, "kept") == ROOT / "kept" / "test_x" / name


@example(["a::b", "a.b"])
@example(["a/b", "a-b"])
@given(st.lists(st.text(max_size=300), min_size=2, max_size=2, unique=True))
def test_two_tests_never_share_one(called: list[str]) -> None:
    """Whatever a parameter is called: the name is one that a file system takes."""
    one, other = (file_name(f"test_x.py::test_y[{part}]") for part in called)
    assert one != other
    for name in (one, other):
        assert name.endswith(SUFFIX)
        assert len(name.encode()) < 200
        assert not set(name) & set('/\\:*?"<>|\0\n ')
