"""Settings of a project, a user and the environment."""

import subprocess
import sys
from pathlib import Path

import pytest

from nexdiag.core.errors import NexdiagError, UsageError
from nexdiag.runner.replaying.how import MATCHES, SPLITS
from nexdiag.runner.settings import _CHOICES, Replay, lint_defaults, replay_defaults, user_file


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_nothing_is_set_where_there_is_no_file(tmp_path: Path) -> None:
    """Every field is None, so that whoever asks knows that nobody said anything."""
    assert replay_defaults({}, tmp_path) == Replay()


def test_every_key_is_read(tmp_path: Path) -> None:
    """Each in its own kind; ages become seconds."""
    text = """[replay]
ignore = ["/metadata/run", '/messages/*/content=\\d+ ms']
match = "prefix"
speed = 10
split = "utf8"
max_age = "30d"
expired = "fail"
jobs = 4
unplayed = true
"""
    write(tmp_path / "nexdiag.toml", text)
    assert replay_defaults({}, tmp_path) == Replay(
        ignore=("/metadata/run", r"/messages/*/content=\d+ ms"),
        match="prefix",
        speed=10.0,
        split="utf8",
        max_age=30 * 86400.0,
        expired="fail",
        jobs=4,
        unplayed=True,
    )


def test_each_key_comes_from_the_strongest_place_that_has_it(tmp_path: Path) -> None:
    """The environment, nexdiag.toml, pyproject.toml, the user's file, in this order, and key by key."""
    here = tmp_path / "project" / "below"
    here.mkdir(parents=True)
    write(
        tmp_path / "home" / ".config" / "nexdiag" / "nexdiag.toml",
        "replay = {jobs = 1, speed = 1, match = 'turn', split = 'byte'}",
    )
    write(tmp_path / "project" / "pyproject.toml", "[tool.nexdiag.replay]\njobs = 2\nspeed = 2\nmatch = 'prefix'\n")
    write(tmp_path / "project" / "nexdiag.toml", "[replay]\njobs = 3\nspeed = 3\n")
    environ = {"HOME": str(tmp_path / "home"), "NEXDIAG_REPLAY_JOBS": "4"}
    found = replay_defaults(environ, here)
    assert (found.jobs, found.speed, found.match, found.split) == (4, 3.0, "prefix", "byte")


def test_the_nearest_file_upwards_counts(tmp_path: Path) -> None:
    """One in the directory itself hides one above it; a pyproject.toml without our table hides nothing."""
    write(tmp_path / "nexdiag.toml", "[replay]\njobs = 1\n")
    write(tmp_path / "pyproject.toml", "[tool.nexdiag.replay]\nspeed = 7\n")
    below = tmp_path / "a" / "b"
    write(below / "nexdiag.toml", "[replay]\nmatch = 'turn'\n")
    write(below / "pyproject.toml", "[project]\nname = 'tool.nexdiag'\n")
    assert replay_defaults({}, below) == Replay(match="turn", speed=7.0)


@pytest.mark.parametrize(
    ("text", "wanted", "hint"),
    [
        ("[replay]\njobs = 1\nmach = 'turn'\n", r"nexdiag.toml:3 is not valid: \[replay\] has no key 'mach'", "match"),
        ("replay.mach = 'turn'\n", r"nexdiag.toml:1 is not valid", "match"),
        ("\n[replya]\n", r"nexdiag.toml:2 is not valid: it has no table 'replya'", "replay"),
        ("[replay]\nmatch = 'exakt'\n", r"nexdiag.toml:2: match 'exakt' is not known", "exact"),
        ("[replay]\nspeed = 'fast'\n", r"nexdiag.toml:2: speed must be", ""),
        ("[replay]\nspeed = true\n", r"nexdiag.toml:2: speed must be", ""),
        ("[replay]\njobs = -1\n", r"nexdiag.toml:2: jobs must be", ""),
        ("[replay]\njobs = 1.5\n", r"nexdiag.toml:2: jobs must be", ""),
        ("[replay]\nunplayed = 'perhaps'\n", r"unplayed must be true or false", ""),
        ("[replay]\nmax_age = 'old'\n", r"max_age must be an age", ""),
        ("[replay]\nignore = [1]\n", r"ignore must be a list of rules", ""),
        ("[replay]\nmatch = ['exact']\n", r"match \['exact'\] is not known", "exact"),
        ("replay = 1\n", r"replay is no table", "[replay]"),
        ("[replay\n", r"is not valid: ", "mend"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, wanted: str, hint: str) -> None:
    """A setting that is misspelt never counts as none."""
    write(tmp_path / "nexdiag.toml", text)
    with pytest.raises(UsageError, match=wanted) as caught:
        replay_defaults({}, tmp_path)
    assert hint in caught.value.hint


def test_a_wrong_key_in_pyproject_names_its_line_there(tmp_path: Path) -> None:
    """As in a file of our own."""
    write(tmp_path / "pyproject.toml", "[project]\nname = 'x'\n\n[tool.nexdiag.replay]\njob = 1\n")
    with pytest.raises(UsageError, match=r"pyproject.toml:5 is not valid: \[tool.nexdiag.replay\] has no key 'job'"):
        replay_defaults({}, tmp_path)


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"NEXDIAG_REPLAY_SPED": "1"}, "has no key 'sped'"),
        ({"NEXDIAG_REPLAY_SPEED": "0"}, "NEXDIAG_REPLAY_SPEED: speed must be"),
        ({"NEXDIAG_REPLAY_MATCH": "turns"}, "NEXDIAG_REPLAY_MATCH: match 'turns' is not known"),
    ],
)
def test_a_wrong_variable_is_told_by_its_name(tmp_path: Path, environ: dict[str, str], wanted: str) -> None:
    """It is as strict as a file."""
    with pytest.raises(UsageError, match=wanted):
        replay_defaults(environ, tmp_path)


def test_variables_say_what_files_say(tmp_path: Path) -> None:
    """Lists have an entry a line; an empty variable says nothing; other variables of ours are left alone."""
    environ = {
        "NEXDIAG_REPLAY_IGNORE": "/a\n/b=x,y\n",
        "NEXDIAG_REPLAY_UNPLAYED": "no",
        "NEXDIAG_REPLAY_SPEED": "max",
        "NEXDIAG_REPLAY_JOBS": "",
        "NEXDIAG_DIR": "elsewhere",
    }
    assert replay_defaults(environ, tmp_path) == Replay(ignore=("/a", "/b=x,y"), unplayed=False, speed="max")


@pytest.mark.parametrize("raw", [b"[replay]\nmatch = '\xff'\n", b"#" * (2**20 + 1)], ids=["no text", "too long"])
def test_a_file_that_is_no_text_or_too_long_is_told(tmp_path: Path, raw: bytes) -> None:
    """It is named, and nothing of it counts."""
    (tmp_path / "nexdiag.toml").write_bytes(raw)
    with pytest.raises(UsageError, match=r"nexdiag\.toml is"):
        replay_defaults({}, tmp_path)


def test_deep_nesting_is_told(tmp_path: Path) -> None:
    """Whatever the parser makes of it."""
    write(tmp_path / "nexdiag.toml", "[replay]\nignore = " + "[" * 5000 + "]" * 5000 + "\n")
    with pytest.raises(NexdiagError):
        replay_defaults({}, tmp_path)


def test_the_users_file_is_where_xdg_says(tmp_path: Path) -> None:
    """XDG_CONFIG_HOME, else ~/.config; none without a home."""
    assert user_file({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}) == Path("/x/nexdiag/nexdiag.toml")
    assert user_file({"HOME": "/h"}) == Path("/h/.config/nexdiag/nexdiag.toml")
    assert user_file({}) is None


def test_the_choices_are_those_of_the_replay() -> None:
    """They are written down twice, so that reading settings loads no replayer: both are the same."""
    assert (_CHOICES["replay"]["match"], _CHOICES["replay"]["split"]) == (MATCHES, SPLITS)


def test_reading_no_settings_loads_no_parser(tmp_path: Path) -> None:
    """A directory without settings costs a start-up next to nothing."""
    code = (
        "import sys, pathlib; from nexdiag.runner.settings import replay_defaults;"
        "replay_defaults({}, pathlib.Path(sys.argv[1])); print(sorted({'tomllib', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('ignore = ["typo"]', "unknown rule 'typo'"),
        ('select = ["order", "NX9999"]', "unknown rule 'nx9999'"),
        ('profile = "vlm"', "unknown profile 'vlm'"),
        ('per_path_ignores = {"a/*" = ["typo"]}', "unknown rule 'typo'"),
    ],
)
def test_a_rule_or_a_profile_that_there_is_not_is_told_with_its_line(tmp_path: Path, line: str, told: str) -> None:
    """File and line, as of any key that is misspelt."""
    write(tmp_path / "nexdiag.toml", f"[lint]\n{line}\n")
    with pytest.raises(UsageError) as caught:
        lint_defaults({}, tmp_path)
    assert caught.value.what.startswith(f"{tmp_path / 'nexdiag.toml'}:2: ")
    assert told in caught.value.what
