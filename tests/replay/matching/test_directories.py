"""Promises of `nexdiag.replay.matching.directories`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.replay.matching.directories import Places, told


@pytest.mark.parametrize(
    ("text", "directory"),
    [
        ("<environment_context>\n  <cwd>/home/jo/shop</cwd>\n", "/home/jo/shop"),
        ("<cwd>/home/jo doe/my shop</cwd>", "/home/jo doe/my shop"),
        ("Working directory: /home/jo/shop\nPlatform: linux", "/home/jo/shop"),
        (" - Primary working directory: /home/jo/shop/", "/home/jo/shop"),
        ("**Working Directory**: /home/jo/shop", "/home/jo/shop"),
        ("Current working directory: `/home/jo/shop`.", "/home/jo/shop"),
        ("Working dir: C:\\Users\\jo\\shop", "C:\\Users\\jo\\shop"),
        ('{"cwd": "/home/jo/shop", "command": "ls"}', "/home/jo/shop"),
        ("cwd=/home/jo/shop", "/home/jo/shop"),
        ('{\\"cwd\\":\\"/home/jo/shop\\"}', "/home/jo/shop"),
        ("<cwd>\n  /home/jo/shop\n</cwd>", "/home/jo/shop"),
        ("<working_directory>~/shop</working_directory>", "~/shop"),
    ],
)
def test_what_agents_write_is_understood(text: str, directory: str) -> None:
    """In tags, in prompts, in arguments, as a value."""
    assert list(told(text)) == [directory]


@pytest.mark.parametrize(
    "text",
    [
        "cwd: /",
        "<cwd>.</cwd>",
        "<cwd></cwd>",
        "Working directory: relative/path",
        "C:\\ is my working dir",
        "/home",
        "why is my working directory is /etc/x ?",
        "The working directory is /etc/x",
    ],
)
def test_a_root_or_a_relative_path_is_none(text: str) -> None:
    """To set it aside would be to set everything aside."""
    assert list(told(text)) == []


def test_a_directory_is_found_with_what_is_below_it_and_no_other() -> None:
    """The longest first; not where it is the end of another path, or the beginning of another name."""
    places = Places([("/srv/w", 1), ("/srv/w/deep", 2)])
    text = "/srv/w /srv/w/a.py /srv/w/deep/b /srv/w.py /srv/work /var/srv/w file:///srv/w. /srv/w-2"
    assert places.replace(text, lambda was, number: f"<{number}>") == (
        "<1> <1>/a.py <2>/b /srv/w.py /srv/work /var/srv/w file://<1>. /srv/w-2"
    )
    assert Places([]).replace(text, lambda was, number: "") == text
    windows = Places([("C:\\w", 1)])
    assert windows.replace('C:\\w\\a and {"cwd":"C:\\\\w"}', lambda was, number: "*") == '*\\a and {"cwd":"*"}'


@given(st.text())
def test_any_text_is_borne(text: str) -> None:
    """Whatever a client sends."""
    assert all(isinstance(one, str) for one in told(text))


@pytest.mark.parametrize(
    "text", ["<cwd>" + " " * 10**6, "<cwd> x" * 10**5, "working directory: " * 10**5, "cwd: /" * 10**5]
)
def test_a_hostile_text_costs_its_length(text: str) -> None:
    """What nearly fits, over and over, is read once: a text of a megabyte does not hang a test."""
    assert list(told(text)) == [] or text.startswith("cwd")
