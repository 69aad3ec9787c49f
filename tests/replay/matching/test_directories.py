"""Promises of `nexdiag.replay.matching.directories`."""

import json

import pytest
from hypothesis import given
from strategies import json_values

from nexdiag.codec.body import Splitter
from nexdiag.replay.matching.canonical import values_of
from nexdiag.replay.matching.directories import MOST, Learner, Places, may_tell, told


@pytest.mark.parametrize(
    ("text", "directory"),
    [
        ("<environment_context>\n  <cwd>/home/jo/shop</cwd>\n", "/home/jo/shop"),
        ("<cwd>/home/jo doe/my shop</cwd>", "/home/jo doe/my shop"),
        ("Working directory: /home/jo/shop\nPlatform: linux", "/home/jo/shop"),
        (" - Primary working directory: /home/jo/shop/", "/home/jo/shop"),
        ("Current working directory is `/home/jo/shop`.", "/home/jo/shop"),
        ("**Working Directory**: /home/jo/shop", "/home/jo/shop"),
        ("The working directory is /home/jo/shop.", "/home/jo/shop"),
        ("Working dir: C:\\Users\\jo\\shop", "C:\\Users\\jo\\shop"),
        ('{"cwd": "/home/jo/shop", "command": "ls"}', "/home/jo/shop"),
        ("cwd=/home/jo/shop", "/home/jo/shop"),
        ('{\\"cwd\\":\\"/home/jo/shop\\"}', "/home/jo/shop"),
        ("<cwd>\n  /home/jo/shop\n</cwd>", "/home/jo/shop"),
        ({"cwd": "/home/jo/shop"}, "/home/jo/shop"),
        ([{"text": {"working_directory": "~/shop"}}], "~/shop"),
    ],
)
def test_what_agents_write_is_understood(text: object, directory: str) -> None:
    """In tags, in prompts, in arguments, as a value."""
    assert list(told(text)) == [directory]
    assert may_tell(json.dumps(text).encode())


@pytest.mark.parametrize(
    "text",
    ["cwd: /", "<cwd>.</cwd>", "<cwd></cwd>", "Working directory: relative/path", "C:\\ is my working dir", "/home"],
)
def test_a_root_or_a_relative_path_is_none(text: str) -> None:
    """To set it aside would be to set everything aside."""
    assert list(told(text)) == []


def test_a_directory_is_found_with_what_is_below_it_and_no_other() -> None:
    """The longest first; not where it is the end of another path, or the beginning of another name."""
    places = Places(["/srv/w", "/srv/w/deep"])
    text = "/srv/w /srv/w/a.py /srv/w/deep/b /srv/w.py /srv/work /var/srv/w file:///srv/w. /srv/w-2"
    assert places.replace(text, lambda was: f"<{len(was)}>") == (
        "<6> <6>/a.py <11>/b /srv/w.py /srv/work /var/srv/w file://<6>. /srv/w-2"
    )
    assert Places([]).replace(text, lambda was: "") == text
    windows = Places(["C:\\w"])
    assert windows.replace('C:\\w\\a and {"cwd":"C:\\\\w"}', lambda was: "*") == '*\\a and {"cwd":"*"}'


def body(*texts: str, **fields: object) -> dict[str, object]:
    """A chat with these texts."""
    return {"messages": [{"role": "user", "content": text} for text in texts], **fields}


def named(learner: Learner, value: object) -> tuple[str, ...]:
    """What is learnt from a body."""
    return learner.named(values_of(Splitter().split(json.dumps(value, separators=(",", ":")).encode())) or {})


def test_fields_come_first_and_tools_say_nothing() -> None:
    """A request names few directories: who names more goes on counting the later ones."""
    learner = Learner(unordered=["tools"], last=["messages"])
    system = [{"type": "text", "text": "cwd: /sys"}]
    assert named(learner, body("cwd: /b", "cwd: /a", system=system, tools=["cwd: /no"])) == ("/sys", "/b", "/a")
    assert len(named(learner, body(*[f"cwd: /dir{number}" for number in range(9)]))) == MOST
    assert named(learner, body("no word of it")) == ()


@given(json_values)
def test_any_value_is_borne(value: object) -> None:
    """Whatever a client sends."""
    assert all(isinstance(one, str) for one in told(value))


@pytest.mark.parametrize(
    "text", ["<cwd>" + " " * 10**6, "<cwd> x" * 10**5, "working directory: " * 10**5, "cwd: /" * 10**5]
)
def test_a_hostile_text_costs_its_length(text: str) -> None:
    """What nearly fits, over and over, is read once: a text of a megabyte does not hang a test."""
    assert list(told(text)) == [] or text.startswith("cwd")
