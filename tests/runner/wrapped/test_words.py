"""What a recording is called after its command, and what of the command line may be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.capture.redaction.redact import Redactor
from nexdiag.runner.wrapped.words import text, title

KEY = "sk-proj-abcdefghijklmnopqrstuv"


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["./my-agent", "fix the failing test"], "fix-the-failing-test"),
        (["./my-agent", "--fast", "Fix: the FAILING test!", "src/"], "fix-the-failing-test"),
        (["./my-agent"], "my-agent"),
        (["python", "agent.py"], "agent"),
        (["python3.12", "-u", "examples/agent_openai.py", "--model=x"], "agent_openai"),
        (["python", "-m", "my_agent.main", "go"], "my_agent.main"),
        (["python", "-c", "import openai; print(openai)"], "python"),
        (["env", "A=b", "timeout", "30s", "npx", "@openai/codex", "exec"], "codex"),
        (["uv", "run", "agent.py"], "agent"),
        (["sh", "-c", "do this and that"], "sh"),
        (["llm", "-m", "tiny", "say hello"], "say-hello"),
        (["/usr/bin/aider", "--message", "add a test", "--yes"], "add-a-test"),
        (["curl", "-H", "Content-Type: application/json", "http://h"], "curl"),
        (["./agent", "修复 测试"], "agent"),
        (["./agent", "x" * 300 + " y"], "x" * 60),
        (["./agent", "word " * 30], "word-word-word-word-word-word-word-word-word-word-word-word"),
        (["..."], "recording"),
    ],
)
def test_it_is_called_for_what_was_said_or_for_the_program(command: list[str], name: str) -> None:
    assert title(command) == name


@pytest.mark.parametrize(
    "command",
    [
        ["./agent", "--api-key", "two words secret"],
        ["./agent", f"please use {KEY} today"],
        ["./agent", "the password=hunter22 is fine"],
        ["./agent", "say hushhush to them"],
    ],
)
def test_no_secret_names_a_file(command: list[str]) -> None:
    assert title(command, Redactor(["hushhush"]).text) == "agent"


@pytest.mark.parametrize(
    "command",
    [
        ["a", "--api-key", "hunter22"],
        ["a", "--api-key=hunter22"],
        ["a", "-token", "hunter22"],
        ["env", "OPENAI_API_KEY=hunter22", "a"],
        ["curl", "-H", "Authorization: Bearer hunter22"],
        ["curl", "-H", "authorization:hunter22"],
        ["curl", "-H", "x-api-key: hunter22"],
        ["curl", "-H", "Cookie: a=hunter22; b=hunter22"],
        ["curl", "-u", "me:hunter22", "http://h"],
        ["mysql", "-h", "db", "-phunter22", "app"],
        ["docker", "exec", "db", "/usr/bin/mysqldump", "-phunter22"],
        ["a", "--json", '{"api_key": "hunter22", "n": 1}'],
        ["codex", "-c", 'model_providers.x.experimental_bearer_token="hunter22"'],
        ["a", "--url", "http://h/?api_key=hunter22&x=1"],
        ["a", "--db", "postgres://me:hunter22@h/db"],
        ["a", "my hunter22 in plain words"],
    ],
)
def test_no_secret_is_in_the_command_line(command: list[str]) -> None:
    """Named by its option, variable, header or key; of a known shape; or the value of a variable in use."""
    redactor = Redactor(["hunter22"]) if "plain" in command[-1] else Redactor()
    line = text(command, redactor.text)
    assert "hunter22" not in line
    assert "[redacted " in line


@pytest.mark.parametrize(
    "command",
    [
        ["python", "agent.py", "--max-tokens", "4096", "fix the tokenizer"],
        ["a", "--key-env", "OPENAI_API_KEY", "--user", "me"],
        ["a", "--token-limit=5", "{proxy}/v1"],
        ["mysql", "-p", "app"],
        ["a", "-p8080", "mysql://h/db"],
    ],
)
def test_a_harmless_command_line_stays_as_it_was(command: list[str]) -> None:
    assert [word.strip("'") for word in text(command).split("' '")] == [text(command).strip("'")]
    assert "redacted" not in text(command)


def test_equal_secrets_have_equal_placeholders() -> None:
    """So that it still shows that the same key was used."""
    assert text(["a", "--token", "hunter22"]).split()[-2:] == text(["b", "--password", "hunter22"]).split()[-2:]


@given(st.lists(st.text(st.characters(exclude_characters="\0")), min_size=1))
def test_any_words_have_a_name_and_a_line(command: list[str]) -> None:
    name = title(command)
    assert name
    assert len(name) <= 60
    assert name.isascii()
    assert "/" not in name
    assert isinstance(text(command), str)


def test_a_huge_argument_is_read_in_one_go() -> None:
    """A cost that grew with its square would take hours."""
    assert text(["a", "k" * 1_000_000, "key" * 300_000]).startswith("a kkk")
