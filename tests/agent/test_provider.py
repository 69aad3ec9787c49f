"""Promises of nexdiag.agent.provider: what a user typed becomes the URL and the name that the server knows."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent import config, provider
from nexdiag.agent.provider import normalise_base_url, resolve, split_model
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.errors import UsageError
from nexdiag.lint import profiles

NEUTRAL = Profile(name="neutral", title="")
URL = "http://127.0.0.1:8080"


def named(name: str | None) -> Profile:
    return NEUTRAL if name is None else Profile(name=name, title="")


def configured(
    *entries: config.EndpointEntry, model: str | None = "m", state: Path | None = None, max_tokens: int = 16384
) -> config.Config:
    return config.Config(
        agent=config.Agent(model=model, max_tokens=max_tokens),
        llm_endpoints=config.Endpoints(endpoints=entries),
        directory=state,
    )


def entry(**fields: object) -> config.EndpointEntry:
    return config.EndpointEntry(**{"url": URL, "is_default": True, **fields})  # type: ignore[arg-type]


def resolved(
    settings: config.Config, environ: dict[str, str] | None = None, *, model: str | None = None, at: str | None = None
) -> Endpoint:
    return resolve(settings, profiles=named, environ=environ or {}, model=model, endpoint=at)


@pytest.mark.parametrize(
    ("spec", "prefix", "name"),
    [
        ("local:qwen3-coder", "local", "qwen3-coder"),
        ("OPENAI:gpt-5", "openai", "gpt-5"),
        ("nex:org/model:free", "nex", "org/model:free"),
        ("deepseek-coder:16b", None, "deepseek-coder:16b"),
        ("owner/name:free", None, "owner/name:free"),
        ("  qwen3-coder ", None, "qwen3-coder"),
        ("vllm: spaced ", "vllm", "spaced"),
        (":odd", None, ":odd"),
    ],
)
def test_only_known_prefixes_are_taken_off(spec: str, prefix: str | None, name: str) -> None:
    """A provider prefix goes; a tag or a variant after a colon stays, for it belongs to the name."""
    assert split_model(spec) == (prefix, name)


@pytest.mark.parametrize("spec", ["", "  ", "local:", "nex:  "])
def test_an_empty_name_is_refused(spec: str) -> None:
    """A prefix alone names no model."""
    with pytest.raises(UsageError, match="a model is wanted"):
        split_model(spec)


@given(st.sampled_from(sorted(provider.PREFIXES)), st.text(min_size=1).filter(str.strip))
def test_every_prefix_is_taken_off_once(prefix: str, name: str) -> None:
    """What stands after the first prefix is the name, whatever is in it."""
    assert split_model(f"{prefix}:{name}") == (prefix, name.strip())


@pytest.mark.parametrize("prefix", sorted(provider.PREFIXES))
def test_every_prefix_implies_a_profile_that_there_is(prefix: str) -> None:
    """No prefix leads to an unknown profile."""
    hinted = provider.PREFIXES[prefix]
    assert not hinted or profiles.named(hinted).name == hinted


@pytest.mark.parametrize(
    ("typed", "base"),
    [
        ("https://host:30000", "https://host:30000/v1"),
        ("https://host:30000/", "https://host:30000/v1"),
        ("  http://host/v1/ ", "http://host/v1"),
        ("HTTP://host/v1", "http://host/v1"),
        ("https://host/api/paas/v4", "https://host/api/paas/v4"),
        ("https://host/v1beta/openai/", "https://host/v1beta/openai"),
        ("https://host/openai", "https://host/openai/v1"),
        ("https://openrouter.ai/api", "https://openrouter.ai/api/v1"),
        ("http://host/v1/chat/completions", "http://host/v1"),
        ("http://host/inference/chat/completions", "http://host/inference"),
        ("http://host/chat/completions/", "http://host"),
        ("http://host/v1/models", "http://host/v1"),
        ("http://host/v1/responses", "http://host/v1"),
        ("http://host/models", "http://host/models/v1"),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
        ("http://host/v1#part", "http://host/v1"),
    ],
)
def test_the_version_segment_stands_there_once(typed: str, base: str) -> None:
    """`/v1` is added where it lacks, and nowhere else; of a full route, what stands before it is kept as it is."""
    assert normalise_base_url(typed) == base


@given(st.lists(st.sampled_from(["api", "v1", "v1beta", "openai", "x"]), max_size=4).map("/".join))
def test_normalising_again_changes_nothing(path: str) -> None:
    """A base URL that was normalised is its own base URL: what init wrote, the daemon reads."""
    once = normalise_base_url(f"{URL}/{path}")
    assert normalise_base_url(once) == once


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "host:8080",
        "ftp://host",
        "http://",
        "http://[::1",
        "http://host:port",
        "http://ho st",
        "http://h\x00st",
        "http://a\\b",
    ],
)
def test_what_is_no_url_is_refused(typed: str) -> None:
    """Anything but http or https with a host is a mistake in the command line, told with an example."""
    with pytest.raises(UsageError, match="http or https URL is wanted") as refused:
        normalise_base_url(typed)
    assert "http://127.0.0.1:8080" in refused.value.hint


@pytest.mark.parametrize(
    "typed",
    [
        "https://user:hunter2@host/v1",
        "https://hunter2@host",
        "ftp://user:hunter2@host",
        "http://user:hun/ter2@host",
        "http://user:hunter2@[::1",
        "https://host/v1?key=hunter2",
        "https://user:hunter2@host/v1?a@b",
    ],
)
def test_credentials_in_a_url_are_refused_and_never_shown(typed: str) -> None:
    """They would reach logs and recordings; the error tells where a key belongs, and not what it is."""
    with pytest.raises(UsageError) as refused:
        normalise_base_url(typed)
    told = refused.value.what + refused.value.hint
    assert "hunter2" not in told
    assert "ter2" not in told


def test_a_query_is_refused_rather_than_lost() -> None:
    """Routes are appended to the URL, so a query could not be kept; that is said, and not done in silence."""
    with pytest.raises(UsageError, match="without a query"):
        normalise_base_url("https://host/openai?api-version=2024-05-01")


def test_the_default_endpoint_is_taken() -> None:
    """Without a word on the command line the entry marked as default counts, else the first."""
    first, second = entry(name="a", url="http://a", is_default=False), entry(name="b", url="http://b")
    assert resolved(configured(first, second)).base_url == "http://b/v1"
    assert resolved(configured(first)).base_url == "http://a/v1"


def test_a_bare_url_is_the_whole_configuration() -> None:
    """With a URL on the command line no key and no window of the config is used."""
    settings = configured(entry(api_key="secret-key", context_window=4000, profile="vllm"))
    assert resolved(settings, at="http://other:1", model="local:x") == Endpoint(
        base_url="http://other:1/v1", model="x", profile=NEUTRAL
    )


def test_a_named_endpoint_brings_its_model() -> None:
    """Whoever names an endpoint means the model that it is configured with, unless the model is named too."""
    settings = configured(entry(), entry(name="big", model="big-one", is_default=False), model="nex:small")
    assert resolved(settings).model == "small"
    assert resolved(settings, at="big").model == "big-one"
    assert resolved(settings, at="big", model="vllm:mine").model == "mine"


def test_an_endpoint_that_is_not_there_is_told_with_those_that_are() -> None:
    """A wrong name is answered with the right ones."""
    with pytest.raises(UsageError, match="no endpoint is named 'bog'") as refused:
        resolved(configured(entry(name="big")), at="bog")
    assert "big" in refused.value.hint


@pytest.mark.parametrize("settings", [configured(), configured(entry(url=""))])
def test_no_endpoint_is_told_with_the_way_to_name_one(settings: config.Config) -> None:
    """Without a URL there is nothing to guess."""
    with pytest.raises(UsageError, match="no endpoint is configured") as refused:
        resolved(settings)
    assert "nexdiag init" in refused.value.hint


def test_no_model_is_told() -> None:
    """Without a model there is nothing to guess."""
    with pytest.raises(UsageError, match="no model is named"):
        resolved(configured(entry(), model=None))


def test_the_profile_is_the_entry_s_else_the_prefix_s() -> None:
    """The config knows better than the prefix; a neutral prefix implies none."""
    assert resolved(configured(entry(profile="sglang"), model="vllm:x")).profile.name == "sglang"
    assert resolved(configured(entry(), model="vllm:x")).profile.name == "vllm"
    assert resolved(configured(entry(), model="local:x")).profile is NEUTRAL


def test_max_tokens_stay_within_a_quarter_of_the_window() -> None:
    """An answer as long as the window leaves no room for the question."""
    small = resolved(configured(entry(context_window=4096)))
    assert (small.window, small.max_tokens) == (4096, 1024)
    assert resolved(configured(entry(context_window=4096), max_tokens=100)).max_tokens == 100
    assert resolved(configured(entry())).max_tokens == 16384
    assert provider.with_window(small, None) is small
    assert provider.with_window(small, 2).max_tokens == 1


def test_a_key_comes_from_where_the_config_says(tmp_path: Path) -> None:
    """`api_key`, else `api_key_file` (relative to the state directory), else `api_key_env`; white space goes."""
    (tmp_path / "key").write_text(" from-file\n")
    everything = entry(api_key=" inline ", api_key_file="key", api_key_env="MY_KEY")
    environ = {"MY_KEY": "from-variable\n", "OPENAI_API_KEY": "guessed"}
    inline = resolved(configured(everything, state=tmp_path), environ)
    assert (inline.key, inline.key_variable) == ("inline", None)
    filed = resolved(configured(entry(api_key=" ", api_key_file="key", api_key_env="MY_KEY"), state=tmp_path), environ)
    assert (filed.key, filed.key_variable) == ("from-file", None)
    taken = resolved(configured(entry(api_key_env="MY_KEY")), environ)
    assert (taken.key, taken.key_variable) == ("from-variable", "MY_KEY")


def test_a_key_is_never_guessed() -> None:
    """A well-known variable that the config does not name is not looked at."""
    assert resolved(configured(entry()), {"OPENAI_API_KEY": "sk-guessed"}).key == ""


@pytest.mark.parametrize("environ", [{}, {"MY_KEY": ""}, {"MY_KEY": " \n"}])
def test_a_variable_that_is_not_set_is_named(environ: dict[str, str]) -> None:
    """To go on without the key would end in a 401 that tells less."""
    with pytest.raises(UsageError, match="takes its key from MY_KEY, which is not set") as refused:
        resolved(configured(entry(api_key_env="MY_KEY")), environ)
    assert "export MY_KEY" in refused.value.hint


@pytest.mark.parametrize("name", ["missing", "empty", "binary", "", ".", "nul\0", "~nobody-of-that-name/key"])
def test_a_key_file_that_holds_none_is_named(tmp_path: Path, name: str) -> None:
    """A file that is missing, empty or no text is an error, not an empty key."""
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    settings = configured(entry(api_key_file=name or "./"), state=tmp_path)
    with pytest.raises(UsageError, match="key file"):
        resolved(settings)


@pytest.mark.parametrize("key", ["se\ncret-key", "sécret-key", "se\x00cret-key", "se\tcret-key"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key: str) -> None:
    """The error names where the key came from, and never the key."""
    for settings, environ, place in (
        (configured(entry(api_key=key)), {}, "api_key"),
        (configured(entry(api_key_env="MY_KEY")), {"MY_KEY": key}, "MY_KEY"),
    ):
        with pytest.raises(UsageError, match=f"{place}.* holds a character that no HTTP header can carry") as refused:
            resolved(settings, environ)
        assert "cret" not in refused.value.what
