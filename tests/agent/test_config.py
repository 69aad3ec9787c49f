"""Promises of nexdiag.agent.config: what init writes is what the daemon reads, and nothing is overwritten."""

import resource
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent import config
from nexdiag.agent.config import Agent, Config, EndpointEntry, Endpoints
from nexdiag.core.errors import NexdiagError, UsageError

WRITTEN = Config(
    agent=Agent(model="nex:qwen3-coder"),
    llm_endpoints=Endpoints(endpoints=(EndpointEntry(url="http://h/v1", model="qwen3-coder", is_default=True),)),
)
texts = st.text(st.characters(codec="utf-8")) | st.sampled_from(
    ['"\\', "\x7f\x00\x1b\r\n", "'''", '"""', "# no", "😀\u2028"]
)
counts = st.integers(1, 2**63)
maybe = st.none() | texts
entries = st.builds(
    EndpointEntry,
    **dict.fromkeys(("name", "provider", "url"), texts),
    **dict.fromkeys(("model", "api_key", "api_key_file", "api_key_env", "api_key_ref", "profile"), maybe),
    is_default=st.booleans(),
    context_window=st.none() | counts,
    max_tokens=st.none() | counts,
    wire=st.sampled_from([None, "chat", "responses", "anthropic"]),
)
agents = st.builds(
    Agent,
    model=maybe,
    executor=texts,
    system=maybe,
    tools=st.none() | st.lists(texts, max_size=3).map(tuple),
    max_tokens=counts,
    max_turns=counts,
)
configs = st.builds(
    Config, agent=agents, llm_endpoints=st.builds(Endpoints, endpoints=st.lists(entries, max_size=3).map(tuple))
)


def put(state: Path, text: str | bytes) -> Path:
    state.mkdir(exist_ok=True)
    (state / "config.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    return state


@given(configs)
def test_what_is_written_is_read(written: Config) -> None:
    """Every config comes back as it was, whatever its texts hold."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        config.write(state, written)
        assert config.read(state) == msgspec.structs.replace(written, directory=state)


def test_it_is_for_its_owner_s_eyes(tmp_path: Path) -> None:
    """The directory is 0700 and the file 0600, for a key may stand there; and git passes both over."""
    path = config.write(tmp_path / "a" / "state", WRITTEN)
    assert path == tmp_path / "a" / "state" / "config.toml"
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert (path.parent / ".gitignore").read_text() == "*\n"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A second init changes no byte, and says so; a .gitignore that was there stays too."""
    state = put(tmp_path / "state", "# mine\n")
    with pytest.raises(UsageError, match="already set up"):
        config.write(state, WRITTEN)
    assert (state / "config.toml").read_text() == "# mine\n"
    other = tmp_path / "other"
    other.mkdir()
    (other / ".gitignore").write_text("mine\n")
    config.write(other, WRITTEN)
    assert (other / ".gitignore").read_text() == "mine\n"


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    """A file in the way, a text that is none: one error each, and no half config."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is no directory"):
        config.write(tmp_path / "file", WRITTEN)
    with pytest.raises(NexdiagError, match="cannot write"):
        config.write(tmp_path / "file" / "below", WRITTEN)
    with pytest.raises(UsageError, match="no text that UTF-8 can write"):
        config.write(tmp_path / "state", Config(agent=Agent(model="half \ud83d")))
    assert not (tmp_path / "state" / "config.toml").exists()


def test_half_a_config_is_taken_away_again(tmp_path: Path) -> None:
    """Where the disk takes no more in the middle of it, the next init finds nothing in its way."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(NexdiagError, match=r"cannot write .*: File too large"):
            config.write(tmp_path / "state", WRITTEN)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "state").iterdir()) == []
    config.write(tmp_path / "state", WRITTEN)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[agent]\nmodle = 'x'\n", ["[agent]", "'modle'", "'model'"]),
        ("[llm_endpoints]\nendpoint = []\n", ["[llm_endpoints]", "'endpoint'", "'endpoints'"]),
        ("[[llm_endpoints.endpoints]]\ncontext_windw=5\n", ["[[llm_endpoints.endpoints]]", "'context_windw'"]),
        ("[agent]\nzzz = 1\n", ["'zzz'", "the keys are: model, executor"]),
    ],
)
def test_an_unknown_key_of_ours_is_named(tmp_path: Path, text: str, told: list[str]) -> None:
    """A misspelt key is an error, with the table that it stands in and the nearest that there is."""
    with pytest.raises(UsageError) as refused:
        config.read(put(tmp_path, text))
    assert all(word in f"{refused.value.what} {refused.value.hint}" for word in told), refused.value.what


def test_tables_of_others_are_left_to_them(tmp_path: Path) -> None:
    """What is not ours is not judged, and what is missing has its default."""
    found = config.read(put(tmp_path, "directory = 5\n[dispatcher]\nmax_agents = 8\n[tiers]\nfast = 'x'\n"))
    assert found == Config(directory=tmp_path)


def test_the_endpoint_keys_of_the_reference_are_read(tmp_path: Path) -> None:
    """Its own config is no error here: what we have no use for is read and left aside."""
    text = "[llm_endpoints]\ninherit_global = false\n[[llm_endpoints.endpoints]]\nname = 'a'\nprovider = 'oai-compat'\n"
    (entry,) = config.read(
        put(tmp_path, text + "api_key_ref = 'env:KEY'\ncontext_window = 9\n")
    ).llm_endpoints.endpoints
    assert (entry.name, entry.provider, entry.api_key_ref, entry.context_window) == ("a", "oai-compat", "env:KEY", 9)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[agent]\nmodel = \n", "line 2"),
        ("a = 1\nb = 2\n\n[[[", "line 4"),
        (b"a = 1\nb = '\xff'\n", "line 2 is not UTF-8"),
        ("[agent]\nmodel = 'x'\nmodel = 'y'\n", "line 3"),
    ],
)
def test_bad_toml_tells_its_line(tmp_path: Path, text: str | bytes, told: str) -> None:
    """What is no TOML is told with file and line."""
    with pytest.raises(UsageError, match=told) as refused:
        config.read(put(tmp_path, text))
    assert "config.toml" in refused.value.what


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[agent]\nmax_tokens = 'many'\n", r"\$\.agent\.max_tokens"),
        ("[agent]\nmax_turns = 0\n", r">= 1.*max_turns"),
        ("[[llm_endpoints.endpoints]]\ncontext_window = -1\n", "context_window"),
        ("agent = 5\n", "agent"),
        ("[llm_endpoints]\nendpoints = 'x'\n", "endpoints"),
        ("[llm_endpoints]\nendpoints = [5]\n", "endpoints"),
        ("a = " + "[" * 100_000, "not valid"),
    ],
)
def test_a_wrong_value_tells_its_key(tmp_path: Path, text: str, told: str) -> None:
    """A value of the wrong kind, or out of range, is told with its place."""
    with pytest.raises(UsageError, match=told):
        config.read(put(tmp_path, text))


def test_a_missing_state_directory_is_told_with_the_way_to_make_one(tmp_path: Path) -> None:
    """Whoever has not said init is told to."""
    with pytest.raises(UsageError, match="no state directory") as refused:
        config.read(tmp_path / "nowhere")
    assert "nexdiag init" in refused.value.hint
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(NexdiagError, match="cannot be read"):
        config.read(tmp_path)


def test_the_state_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--dir`, then `NEXDIAG_DIR`, then the nearest one upwards that is set up, else one here."""
    below = tmp_path / "project" / "src"
    below.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert config.find_state(Path("d"), {"NEXDIAG_DIR": "e"}, below) == tmp_path / "d"
    assert config.find_state(None, {"NEXDIAG_DIR": "e"}, below) == tmp_path / "e"
    assert config.find_state(None, {"NEXDIAG_DIR": ""}, below) == below / ".nexdiag"
    (below / ".nexdiag").mkdir()  # not set up
    config.write(tmp_path / "project" / ".nexdiag", WRITTEN)
    assert config.find_state(None, {}, below) == tmp_path / "project" / ".nexdiag"


def test_one_file_is_the_whole_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is at its default is not written, no key is there twice, and no other file adds to it or hides it.

    (reference fault 74)
    """
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    home.mkdir()
    for name in (".nexdiag", ".wg", ".config/nexdiag"):
        (home / name).mkdir(parents=True)
        put(home / name, '[agent]\nmodel = "other"\n[[llm_endpoints.endpoints]]\nurl = "http://other/v1"\n')
    state = tmp_path / "project" / ".nexdiag"
    config.write(state, Config(agent=Agent(model="nex:m")))
    lines = (state / "config.toml").read_text().splitlines()
    assert lines[2:] == ["[agent]", 'model = "nex:m"', 'executor = "nex"']
    found = config.read(config.find_state(None, {}, state.parent))
    assert (found.agent.model, found.llm_endpoints.endpoints) == ("nex:m", ())


def test_a_config_of_the_reference_executor_is_read(tmp_path: Path) -> None:
    """Its own keys in the tables that we share are passed over; what it denies is denied (reference fault L21)."""
    (tmp_path / "config.toml").write_text(
        """
[agent]
model = "nex:qwen3-coder"
executor = "native"
heartbeat_timeout = 5

[dispatcher]
max_agents = 8

[native_executor.permissions]
deny_tools = ["bash", "arxiv_search"]

[tools]
deny_tools = ["web_fetch"]

[[llm_endpoints.endpoints]]
name = "default"
provider = "local"
url = "http://127.0.0.1:8088"
model = "qwen3-coder"
is_default = true
"""
    )
    read = config.read(tmp_path)
    assert read.agent.model == "nex:qwen3-coder"
    assert read.tools.deny_tools == ("web_fetch", "bash")
    assert read.llm_endpoints.endpoints[0].url == "http://127.0.0.1:8088"
