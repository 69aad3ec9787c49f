"""`nexdiag capture`."""

from pathlib import Path

import pytest

from nexdiag.cli.app import run
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.load import load

TWO = str(Path(__file__).parents[2] / "examples" / "two-messages.toml")


def test_a_capture_tells_each_turn_and_names_the_next_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cassette stands under cassettes/<endpoint>/<scenario>, and the last line is what to type next."""
    monkeypatch.chdir(tmp_path)
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=("One.", "Two."))) as url:
        assert run(["capture", TWO, "-e", url, "-m", "local:m"]) == 0
    (cassette,) = tmp_path.glob("cassettes/*/two-messages.cassette.jsonl")
    assert cassette.parent.name.startswith("127.0.0.1-")
    assert len(load(cassette).turns) == 2
    shown = capsys.readouterr()
    assert "turn 2 ✓" in shown.err
    assert shown.err.splitlines()[-1] == f"Next: nexdiag replay {cassette.relative_to(tmp_path)}"
    assert "0 findings" in shown.out
    assert run(["replay", str(cassette)]) == 0


def test_a_key_in_a_variable_reaches_the_server_and_not_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon sends the key that --key-env names; no file of the recording holds it."""
    monkeypatch.setenv("MY_SECRET_KEY", "tr0ub4dor-and-3-more")
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        target = tmp_path / "c.cassette.jsonl"
        arguments = ["capture", TWO, "-e", url, "-m", "m", "--key-env", "MY_SECRET_KEY", "--cassette", str(target)]
        assert run(arguments) == 0
    exchange = load(target).exchanges[0]
    assert "authorization" in dict(exchange.request.headers)
    assert b"tr0ub4dor" not in target.read_bytes()


def test_a_variable_that_is_not_set_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing key is told before the first message, not as a 401 on it."""
    monkeypatch.delenv("MY_SECRET_KEY", raising=False)
    target = str(tmp_path / "c.cassette.jsonl")
    arguments = ["capture", TWO, "-e", "http://127.0.0.1:9", "-m", "m", "--key-env", "MY_SECRET_KEY"]
    assert run([*arguments, "--cassette", target]) in {2, 3}
    assert "MY_SECRET_KEY" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n[[say]]\ntext='a'", "line 1: unknown key `x`"),
        ("[[say]]\ntxt='a'", "line 2"),
        ("name = ", "not valid TOML"),
        ("", "say"),
    ],
)
def test_a_wrong_scenario_is_told_by_line_and_key(
    tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 before anything is started."""
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    assert run(["capture", str(path), "-e", "http://127.0.0.1:9", "-m", "m"]) == 2
    assert said in capsys.readouterr().err


def test_a_scenario_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 with an example of the right form."""
    assert run(["capture", "nowhere.toml", "-e", "http://127.0.0.1:9", "-m", "m"]) == 2
    assert "nowhere.toml" in capsys.readouterr().err
