"""Promises of nexdiag.report.snapshot.schemas."""

from nexdiag.report.snapshot.schemas import file_of, is_aside, name_of, put_back, says_the_same, set_aside

CHAT = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def test_a_tool_is_set_aside_under_its_name_and_what_it_says_and_comes_back() -> None:
    """In the three dialects; another order of keys is another text, since templates show it to the model."""
    for tool in (
        CHAT,
        {"type": "function", "name": "weather", "parameters": {}},
        {"name": "weather", "input_schema": {}},
    ):
        aside, text = set_aside(tool)
        assert is_aside(aside)
        assert aside["tool"] == "weather"
        assert put_back(aside, {file_of(aside): text}) == tool
        assert put_back(aside, {}) == aside
        assert put_back(aside, {file_of(aside): "{"}) == aside
    assert set_aside(CHAT)[0] != set_aside(dict(reversed(CHAT.items())))[0]


def test_what_is_short_stays_and_no_name_leaves_its_directory() -> None:
    """A server's own tool is its own line; a hostile name is a harmless file."""
    for tool in ({"type": "web_search"}, "x", None, 3):
        assert set_aside(tool) == (tool, "")
    aside, _ = set_aside({"function": {"name": "../../etc/x\n" + "y" * 300}})
    assert "/" not in file_of(aside)
    assert len(file_of(aside)) < 100
    assert name_of({"function": {"name": 3}}) == name_of({"name": None}) == ""


def test_a_schema_means_the_same_however_it_is_laid_out() -> None:
    """A formatter may have been at the file."""
    assert says_the_same('{"a": 1}', '{\n"a":1\n}')
    assert not says_the_same('{"a": 1}', '{"a": 2}')
    assert not says_the_same("", "{}")
