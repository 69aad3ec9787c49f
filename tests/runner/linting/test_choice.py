"""By what `lint` judges."""

import json
from pathlib import Path

import pytest

from nexdiag.cli.app import run
from nexdiag.core.errors import UsageError
from nexdiag.core.finding import Finding, Severity
from nexdiag.runner.linting.choice import choice_of
from nexdiag.runner.settings import Lint

FINDINGS = tuple(
    Finding(rule=rule, code="NX", severity=Severity.ERROR, summary="s")
    for rule in ("role-alternation", "empty-messages")
)


@pytest.mark.parametrize(
    ("pattern", "file", "kept"),
    [
        ("cassettes/*", "cassettes/a/b.cassette.jsonl", 1),
        ("cassettes/*", "/home/me/cassettes/b.cassette.jsonl", 1),
        ("*.json", "request.json", 1),
        ("cassettes/*", "other/b.cassette.jsonl", 2),
        ("b.json", "ab.json", 2),
    ],
)
def test_rules_are_ignored_by_path(pattern: str, file: str, kept: int) -> None:
    """In the files that fit the pattern, wherever the command is run, and in no other."""
    choice = choice_of(Lint(per_path_ignores={pattern: ("NX101",)}))
    assert len(choice.kept(file, FINDINGS)) == kept


def test_what_is_typed_goes_before_what_is_set() -> None:
    """But what is ignored adds up."""
    settings = Lint(profile="vllm", select=("order",), ignore=("NX101",))
    typed = choice_of(settings, profile="openai", select=("pairing",), ignore=("NX201",))
    assert (typed.profile, typed.select, typed.ignore) == ("openai", ("pairing",), ("NX101", "NX201"))
    assert choice_of(settings).profile == "vllm"


@pytest.mark.parametrize("settings", [Lint(ignore=("nothing",)), Lint(per_path_ignores={"*": ("nothing",)})])
def test_a_rule_that_there_is_not_is_an_error(settings: Lint) -> None:
    """A setting that is misspelt does not count as none."""
    with pytest.raises(UsageError, match="nothing"):
        choice_of(settings)


@pytest.mark.parametrize("options", [["--fix", "--profile", "vllm-strict"], ["--against", "vllm-strict"]])
def test_what_is_not_wanted_is_neither_repaired_nor_held_against_a_server(
    tmp_path: Path, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a flag, by the settings, and by those of a path."""
    monkeypatch.chdir(tmp_path)
    user = {"role": "user", "content": "u"}
    request_file = "request.json"
    Path(request_file).write_text(json.dumps({"model": "m", "messages": [user, user]}))
    assert run(["lint", request_file, *options]) == 1
    assert run(["lint", request_file, *options, "--ignore", "NX1"]) == 0
    assert run(["lint", request_file, *options, "--select", "pairing"]) == 0
    for text in ('ignore = ["order"]', 'per_path_ignores = {"*.json" = ["role-alternation"]}'):
        (tmp_path / "nexdiag.toml").write_text(f"[lint]\n{text}\n")
        assert run(["lint", request_file, *options]) == 0
