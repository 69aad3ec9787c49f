"""Whom a recording is gone on with."""

from pathlib import Path

import pytest

from nexdiag.agent.config import Config, EndpointEntry, Endpoints
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import UsageError
from nexdiag.lint import profiles
from nexdiag.runner.replaying.onward.target import Target, config_at, endpoint_for

RECORDED = Endpoint(
    base_url="http://127.0.0.1:8080/v1",
    model="local:odd",
    profile=profiles.named("llama.cpp"),
    window=300,
    max_tokens=75,
    wire="responses",
)


def config(**entry: str) -> Config:
    return Config(llm_endpoints=Endpoints(endpoints=(EndpointEntry(name="mine", **entry),)))


def test_without_a_target_it_is_where_it_was_recorded() -> None:
    """With all that is known of it: the model's very name, profile, window, limit and wire."""
    found = endpoint_for(RECORDED, Target(), Config(), {})
    assert found == RECORDED


def test_the_key_comes_from_the_variable_that_the_config_names_for_that_address() -> None:
    """However the address is spelled there."""
    mine = config(url="http://127.0.0.1:8080", api_key_env="MY_KEY")
    found = endpoint_for(RECORDED, Target(), mine, {"MY_KEY": "sk-1"})
    assert (found.key, found.key_variable, found.model) == ("sk-1", "MY_KEY", "local:odd")


def test_a_key_that_is_not_there_is_told() -> None:
    """By its variable, before anything is played."""
    with pytest.raises(UsageError, match="MY_KEY"):
        endpoint_for(RECORDED, Target(), config(url="http://127.0.0.1:8080", api_key_env="MY_KEY"), {})


def test_a_url_takes_no_key_of_another_endpoint() -> None:
    """Who types a URL names no key, unless he names its variable."""
    mine = config(url="http://127.0.0.1:8080", api_key_env="MY_KEY")
    environ = {"MY_KEY": "sk-1", "OTHER": "sk-2"}
    assert endpoint_for(RECORDED, Target(url="http://127.0.0.1:9"), mine, environ).key == ""
    named = endpoint_for(RECORDED, Target(url="http://127.0.0.1:9", key_variable="OTHER"), mine, environ)
    assert (named.key, named.base_url) == ("sk-2", "http://127.0.0.1:9/v1")


def test_another_endpoint_brings_its_own_profile_but_no_more_tokens() -> None:
    """What was known of the recorded server is not believed of another."""
    found = endpoint_for(RECORDED, Target(url="http://127.0.0.1:9", model="m"), Config(), {})
    assert (found.model, found.profile.known, found.window, found.max_tokens, found.wire) == (
        "m",
        False,
        None,
        75,
        "responses",
    )


def test_another_model_at_the_same_address_has_a_window_of_its_own() -> None:
    """It is asked for anew."""
    found = endpoint_for(RECORDED, Target(model="m"), Config(), {})
    assert (found.model, found.base_url, found.window) == ("m", RECORDED.base_url, None)


def test_the_name_of_a_configured_endpoint_will_do() -> None:
    """With the key that it has there."""
    mine = config(url="http://127.0.0.1:9", model="theirs", api_key_env="MY_KEY")
    found = endpoint_for(RECORDED, Target(url="mine"), mine, {"MY_KEY": "sk-1"})
    assert (found.base_url, found.key) == ("http://127.0.0.1:9/v1", "sk-1")


def test_a_recording_that_does_not_say_where_needs_a_url() -> None:
    """It is asked for."""
    with pytest.raises(UsageError, match="does not say where"):
        endpoint_for(Endpoint(base_url="", model="", profile=profiles.UNKNOWN), Target(), Config(), {})


def test_the_config_is_that_of_the_nearest_state_directory(tmp_path: Path) -> None:
    """Upwards from where the command is called; without one there is nothing in it."""
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert config_at({}, below) == Config()
    (tmp_path / ".nexdiag").mkdir()
    (tmp_path / ".nexdiag" / "config.toml").write_text('[tools]\ndeny_tools = ["bash"]\n')
    assert config_at({}, below).tools.deny_tools == ("bash",)
    (tmp_path / ".nexdiag" / "config.toml").write_text('[tools]\ndeny = ["bash"]\n')
    with pytest.raises(UsageError, match="deny"):  # what is misspelt there must not count as allowed
        config_at({}, below)


@pytest.mark.parametrize(
    ("url", "wire"),
    [
        ("http://127.0.0.1:9", "responses"),
        ("http://127.0.0.1:9/v1/chat/completions", "chat"),
        ("http://127.0.0.1:9/v1/messages", "anthropic"),
    ],
)
def test_a_conversation_stays_in_its_dialect_unless_the_address_says_another(url: str, wire: str) -> None:
    """A route that is pasted says it."""
    assert endpoint_for(RECORDED, Target(url=url, model="m"), Config(), {}).wire == wire
