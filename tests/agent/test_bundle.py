"""Bundles: a choice of tools is what its name says, or an error; never more."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent import bundle
from nexdiag.core.errors import NexdiagError, UsageError

TOOLS = ("bash", "bg", "edit_file", "glob", "grep", "read_file", "todo_write", "web_fetch", "web_search", "write_file")
READING = ("glob", "grep", "read_file", "web_fetch", "web_search")


def written(state: Path, name: str, text: str) -> Path:
    path = state / "bundles" / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "tools"),
    [
        ("bare", ("bash",)),
        ("shell", ("bash", "bg")),
        ("light", ("bash", "bg", "glob", "grep", "read_file", "web_fetch", "web_search")),
        ("research", ("bash", "bg", "glob", "grep", "read_file", "web_fetch", "web_search")),
        ("full", TOOLS),
        ("implementer", TOOLS),
        ("minimal", ("bash", "edit_file", "glob", "grep", "read_file", "todo_write", "write_file")),
        ("read_only", READING),
    ],
)
def test_built_in(name: str, tools: tuple[str, ...]) -> None:
    """Each mode and each built-in bundle gives the tools of the reference executor, sorted."""
    assert bundle.find(None, name).select(TOOLS, reading=READING) == tools


def test_unknown_mode_is_an_error(tmp_path: Path) -> None:
    """A mistyped mode is refused with the nearest one; the reference gave every tool (section 5, bundles)."""
    with pytest.raises(UsageError) as caught:
        bundle.find(tmp_path, "ful")
    assert "no such bundle: 'ful'" in caught.value.what
    assert caught.value.hint == "did you mean 'full'?"


@given(st.text(max_size=80))
def test_no_other_name_gives_tools(name: str) -> None:
    """Whatever is asked for by a name that is none, no tool is given."""
    if name not in {*bundle.BUILT_IN, *bundle.MODES}:
        with pytest.raises(UsageError):
            bundle.find(None, name)


def test_a_name_is_no_path(tmp_path: Path) -> None:
    """A name cannot lead out of the directory of bundles."""
    (tmp_path / "evil.toml").write_text('tools = ["*"]')
    (tmp_path / "bundles").mkdir()
    with pytest.raises(UsageError, match="no such bundle"):
        bundle.find(tmp_path, "../evil")


def test_custom_bundle(tmp_path: Path) -> None:
    """A file of the state directory gives its tools, and its words at the end of the prompt."""
    written(tmp_path, "docs", 'tools = ["read_file", "write_file"]\nsystem_prompt_suffix = "Write docs only.\\n"\n')
    found = bundle.find(tmp_path, "docs")
    assert found.select(TOOLS) == ("read_file", "write_file")
    assert found.prompt("You are nex.") == "You are nex.\n\nWrite docs only."


def test_custom_bundle_goes_before_a_built_in(tmp_path: Path) -> None:
    """The file `research.toml` is what `light` means, as in the reference executor."""
    written(tmp_path, "research", 'tools = ["grep"]')
    assert bundle.find(tmp_path, "light").select(TOOLS) == ("grep",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('tools = ["bash"\n', "at end of document"),
        ('description = "x"\ntools = [bash]\n', "at line 2"),
        ('description = "x"\ntools = "bash"\n', "(line 2)"),
        ('tools = ["bash"]\ntolls = 3\n', "(line 2)"),
        ('tools = ["bash"]\nname = "other"\n', "'other'"),
        ('description = "no tools"\n', "tools"),
        ("tools = [" + "[" * 5000, "is no bundle"),
    ],
)
def test_broken_file_is_an_error(tmp_path: Path, text: str, says: str) -> None:
    """A broken file names its line; the built-in bundle of that name is not taken instead (section 5, bundles)."""
    path = written(tmp_path, "bare", text)
    with pytest.raises(UsageError) as caught:
        bundle.find(tmp_path, "bare")
    assert str(path) in caught.value.what
    assert says in caught.value.what


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are an error with the line."""
    written(tmp_path, "odd", "").write_bytes(b'tools = ["bash"]\n# \xff\n')
    with pytest.raises(UsageError, match="line 2 is not UTF-8"):
        bundle.find(tmp_path, "odd")


def test_huge_and_unreadable(tmp_path: Path) -> None:
    """A file without end and a directory of that name are errors, not hangs."""
    written(tmp_path, "big", "#" * 300_000)
    (tmp_path / "bundles" / "dir.toml").mkdir()
    with pytest.raises(UsageError, match="longer than"):
        bundle.find(tmp_path, "big")
    with pytest.raises(NexdiagError, match="cannot be read"):
        bundle.find(tmp_path, "dir")


def test_nothing_left_is_an_error(tmp_path: Path) -> None:
    """A bundle whose tools are all unknown says so, instead of an agent without tools."""
    written(tmp_path, "odd", 'tools = ["baash"]')
    with pytest.raises(UsageError, match="baash"):
        bundle.find(tmp_path, "odd").select(TOOLS)


def test_no_tools_is_a_choice(tmp_path: Path) -> None:
    """An empty list means no tools."""
    written(tmp_path, "talk", "tools = []")
    assert bundle.find(tmp_path, "talk").select(TOOLS) == ()


def test_only_reading() -> None:
    """The filter leaves, of any bundle, what changes nothing."""
    chosen = bundle.find(None, "light").only_reading().select(TOOLS, reading=READING)
    assert chosen == ("glob", "grep", "read_file", "web_fetch", "web_search")


def test_prompt_without_suffix_is_the_same() -> None:
    """A bundle without words of its own leaves the prompt, and with it the server's cache, alone."""
    assert bundle.find(None, "full").prompt("You are nex.") == "You are nex."
