"""The plugin's options and ini settings. What pytest-recording registers under the same name is shared with it.

Whoever of the two is loaded first: an option is registered when all other plugins and conftests have had their turn,
and only if it is not there. Its value is read under the name that both use.
"""

import os
from typing import Any

import pytest

MODES = ("none", "once", "new_episodes", "all", "rewrite")
_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--record-mode",
        {
            "choices": MODES,
            "default": None,
            "help": "what becomes of requests: none (played from the cassette), once, new_episodes, all or rewrite; "
            "for example: pytest --record-mode=once (default: the marker's, the ini file's, none)",
        },
    ),
    (
        "--block-network",
        {
            "action": "store_true",
            "default": False,
            "help": "refuse connections that leave this machine, but for what is recorded; "
            "for example: pytest --block-network",
        },
    ),
    (
        "--allowed-hosts",
        {
            "default": None,
            "help": "regular expressions, separated by commas, of hosts that --block-network lets pass; "
            r"for example: pytest --block-network --allowed-hosts 'db\.test,10\..*'",
        },
    ),
    (
        "--disable-recording",
        {
            "action": "store_true",
            "default": False,
            "help": "neither play nor record: cassettes are left alone, and requests go to their servers",
        },
    ),
)
_INI: tuple[tuple[str, Any, str], ...] = (
    ("nexdiag_record_mode", "string", "the record mode of tests whose marker names none, for example: once"),
    (
        "nexdiag_cassette_dir",
        "string",
        "where cassettes are that no marker names, for example: tests/cassettes (default: cassettes/ by each file)",
    ),
    ("nexdiag_profile", "string", "the server by which nexdiag_lint judges, for example: vllm"),
    ("nexdiag_block_network", "bool", "as --block-network, for example: true"),
    ("nexdiag_allowed_hosts", "linelist", r"hosts that a closed network lets pass, a line each, for example: db\.test"),
)


def add_ini(parser: pytest.Parser) -> None:
    """Settings of ini files: their names are ours alone."""
    for name, kind, text in _INI:
        parser.addini(name, text, type=kind, default=None if kind == "string" else [] if kind == "linelist" else False)


def add_options(config: pytest.Config, parser: pytest.Parser) -> None:
    """Options that nobody has registered yet."""
    there = vars(config.known_args_namespace)
    free = [(name, how) for name, how in _OPTIONS if dest(name) not in there and not _taken(parser, name)]
    if free:
        group = parser.getgroup("nexdiag", "nexdiag: record, replay and lint what talks to a model")
        for name, how in free:
            group.addoption(name, **how)


def dest(name: str) -> str:
    """Under which name the value of an option is kept."""
    return name.strip("-").replace("-", "_")


def option(config: pytest.Config, name: str) -> Any:  # noqa: ANN401 - whatever the option holds
    """The value of one of them, whoever registered it; None where it was not given."""
    return config.getoption(dest(name), None)


def ini(config: pytest.Config, name: str) -> Any:  # noqa: ANN401 - whatever the setting holds
    """The value of a setting, without its prefix."""
    return config.getini(f"nexdiag_{name}")


def in_ci() -> bool:
    """Whether this is a machine on which nobody looks at what is recorded."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false", "no")


def _taken(parser: pytest.Parser, name: str) -> bool:
    groups = [*getattr(parser, "_groups", ()), getattr(parser, "_anonymous", None)]
    return any(name in one.names() for group in groups for one in getattr(group, "options", ()))
