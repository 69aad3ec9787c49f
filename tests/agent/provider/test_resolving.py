"""Promises of nexdiag.agent.provider.resolving: which endpoint it is, and what is known of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent import config
from nexdiag.agent.provider.resolving import resolve, with_window
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.errors import UsageError

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


@pytest.mark.parametrize("model", ["m", "nex:m", "oai-compat:m", "native:m", "local:m"])
def test_no_endpoint_is_told_with_the_way_to_name_one(model: str) -> None:
    """Without a URL there is nothing to guess: the reference sent such models to OpenRouter.

    (reference faults 8, L26)
    """
    with pytest.raises(UsageError, match="no endpoint is configured") as refused:
        resolved(configured(), model=model)
    assert "nexdiag init" in refused.value.hint


def test_an_entry_without_a_url_is_named() -> None:
    """A label that stands for any server has no address of its own; one for a certain server has."""
    with pytest.raises(UsageError, match="the endpoint 'default' has no URL") as refused:
        resolved(configured(entry(url="")))
    assert "config.toml" in refused.value.hint
    assert resolved(configured(entry(url="", provider="openai", api_key="k"))).base_url == "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("model", "url", "wire", "profile"),
    [
        ("ollama:qwen3:8b", "http://127.0.0.1:11434/v1", "chat", "ollama"),
        ("llamacpp:m", "http://127.0.0.1:8080/v1", "chat", "llama.cpp"),
        ("vllm:m", "http://127.0.0.1:8000/v1", "chat", "vllm"),
        ("sglang:m", "http://127.0.0.1:30000/v1", "chat", "sglang"),
    ],
)
def test_a_local_server_is_found_where_it_usually_is(model: str, url: str, wire: str, profile: str) -> None:
    """A prefix that names a server has its address, without a config and without a key (reference fault 10)."""
    found = resolved(configured(), model=model)
    assert (found.base_url, found.wire, found.profile.name, found.key) == (url, wire, profile, "")
    assert found.model == model.partition(":")[2]


@pytest.mark.parametrize("name", ["openai", "openrouter", "gemini", "anthropic", "claude", "codex"])
def test_a_service_wants_an_entry_with_a_key(name: str) -> None:
    """Its address is known, its key is not: that is said before a 401 says less."""
    with pytest.raises(UsageError, match="which wants a key") as refused:
        resolved(configured(), model=f"{name}:m")
    assert "_API_KEY" in refused.value.hint


@pytest.mark.parametrize(
    ("label", "prefix"),
    [("nex", "local"), ("oai-compat", "nex"), ("local", "native"), ("claude", "anthropic"), ("llama.cpp", "llamacpp"),
     ("OpenAI", "openai"), ("codex", "openai"), ("ollama", "ollama")],
)  # fmt: skip
def test_an_entry_is_found_under_either_word(label: str, prefix: str) -> None:
    """Prefixes and labels are one vocabulary: an entry is found by what it means (reference faults 7, 9, 21, L31)."""
    other = entry(name="other", url="http://other", provider="gemini", api_key="no")
    mine = entry(name="mine", url="http://mine", provider=label, api_key="yes", is_default=False)
    found = resolved(configured(other, mine), model=f"{prefix}:m")
    assert (found.base_url, found.key, found.model) == ("http://mine/v1", "yes", "m")


def test_a_service_is_not_looked_for_at_another_server() -> None:
    """A model of a service is not sent to the local default entry, unless that is configured with this very model."""
    local = entry(model="gpt-5")
    with pytest.raises(UsageError, match="no endpoint is configured for openai"):
        resolved(configured(local), model="openai:gpt-4")
    assert resolved(configured(local), model="openai:gpt-5").base_url == f"{URL}/v1"


def test_a_bare_name_is_never_taken_for_a_service_s() -> None:
    """`claude-opus` and `gpt-5` go where the config says, by the name that was typed (reference faults 18, 20)."""
    for model in ("claude-opus-4", "opus", "gpt-5", "anthropic/claude-3"):
        found = resolved(configured(entry()), model=model)
        assert (found.base_url, found.wire, found.model) == (f"{URL}/v1", "chat", model)


def test_an_endpoint_s_name_may_stand_before_the_model() -> None:
    """`big:m` is the model m of the endpoint big; a provider's name is a provider's, and any other word stays."""
    settings = configured(entry(), entry(name="big", url="http://big"), entry(name="vllm", url="http://no"))
    assert (resolved(settings, model="big:m").base_url, resolved(settings, model="big:m").model) == (
        "http://big/v1",
        "m",
    )
    assert resolved(settings, model="vllm:m").base_url == f"{URL}/v1"
    assert resolved(settings, model="bog:m").model == "bog:m"
    assert resolved(settings, model="big:m", at="http://there").model == "big:m"


@pytest.mark.parametrize(
    ("fields", "model", "wire"),
    [
        ({}, "m", "chat"),
        ({}, "anthropic:m", "anthropic"),
        ({"provider": "anthropic", "url": "", "api_key": "k"}, "claude:m", "anthropic"),
        ({"provider": "anthropic", "wire": "chat"}, "m", "chat"),
        ({"wire": "responses"}, "m", "responses"),
        ({"url": "http://h/v1/responses"}, "m", "responses"),
        ({"url": "http://h/v1/messages"}, "m", "anthropic"),
        ({"url": "http://h/v1/chat/completions", "provider": "anthropic"}, "m", "chat"),
        ({"url": "https://api.anthropic.com", "api_key": "k"}, "m", "anthropic"),
    ],
)
def test_the_wire_is_what_is_said_of_it(fields: dict[str, str], model: str, wire: str) -> None:
    """The `wire` of the entry, else the pasted route, else the provider's own."""
    assert resolved(configured(entry(**fields, model=model.rpartition(":")[2])), model=model).wire == wire


def test_a_service_s_manners_count_on_its_own_host_only() -> None:
    """`openai` is also a word for any compatible server: its profile is implied at its own address.

    (reference faults 3, 21)
    """
    own = resolved(configured(entry(provider="openai", url="https://api.openai.com", api_key="k")))
    assert own.profile.name == "openai"
    assert resolved(configured(entry(provider="openai"))).profile is NEUTRAL
    assert resolved(configured(entry(provider="openai")), model="openai:m").profile is NEUTRAL
    assert resolved(configured(), model="openai:m", at="http://h:1").profile is NEUTRAL
    assert resolved(configured(), model="openai:m", at="https://api.openai.com").profile.name == "openai"
    assert resolved(configured(entry(url="https://api.openai.com/v1"))).profile.name == "openai"
    assert resolved(configured(entry(provider="vllm"))).profile.name == "vllm"


def test_a_typed_url_brings_what_is_known_of_its_server_but_no_key() -> None:
    """Window, limit, profile and wire of an entry at the same URL apply; its key and its model do not."""
    known = entry(
        url="http://h:1", api_key="secret", model="theirs", context_window=8000, max_tokens=500, profile="vllm"
    )
    found = resolved(configured(known, model="mine"), at="http://h:1/v1/")
    assert (found.key, found.model, found.window, found.max_tokens, found.profile.name) == (
        "",
        "mine",
        8000,
        500,
        "vllm",
    )
    assert found.window_source == "config"
    assert resolved(configured(entry(url="no URL"), known), at="http://h:2").window is None


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
    """An answer as long as the window leaves no room for the question (reference fault 15)."""
    small = resolved(configured(entry(context_window=4096)))
    assert (small.window, small.max_tokens) == (4096, 1024)
    assert resolved(configured(entry(context_window=4096), max_tokens=100)).max_tokens == 100
    assert resolved(configured(entry())).max_tokens == 16384
    assert with_window(small, None) is small
    assert with_window(small, 2).max_tokens == 1


words = st.text(max_size=8) | st.sampled_from(
    [
        "nex",
        "openai",
        "claude",
        "vllm",
        "m",
        "nex:m",
        "openai:m",
        "big:m",
        "http://h",
        "http://h/v1/messages",
        "http://[",
        "://",
    ]
)


@given(
    st.lists(st.tuples(words, words, words, st.none() | words), max_size=3),
    st.none() | words,
    st.none() | words,
    st.none() | words,
)
def test_whatever_stands_there_is_an_endpoint_or_told(
    entries: list[tuple[str, str, str, str | None]], agent: str | None, model: str | None, at: str | None
) -> None:
    """Any texts in config and command line give an endpoint with a base URL, or one error of the user's."""
    settings = configured(
        *(config.EndpointEntry(name=a, provider=b, url=c, model=d) for a, b, c, d in entries), model=agent
    )
    told = None
    try:
        found = resolved(settings, model=model, at=at)
    except UsageError as error:
        told = error.hint
    if told is not None:
        assert told
        return
    assert found.base_url.startswith(("http://", "https://"))
    assert found.model.strip() == found.model != ""
    assert found.key == ""


@pytest.mark.parametrize(
    ("label", "url", "base_url", "wire", "profile"),
    [
        ("anthropic", "http://h:1", "http://h:1/v1", "anthropic", None),
        ("claude", "http://h:1", "http://h:1/v1", "anthropic", None),
        ("local", "http://h:1", "http://h:1/v1", "chat", None),
        ("openai", "http://h:1", "http://h:1/v1", "chat", None),
        ("ollama", "", "http://127.0.0.1:11434/v1", "chat", "ollama"),
        ("vllm", "http://h:1", "http://h:1/v1", "chat", "vllm"),
    ],
)
def test_a_bare_model_is_asked_as_its_endpoint_s_label_says(
    label: str, url: str, base_url: str, wire: str, profile: str | None
) -> None:
    """By the endpoint's name, or as the default one: address, dialect and manners are its own (reference fault 7)."""
    for at in ("mine", None):
        found = resolved(configured(entry(name="mine", url=url, provider=label)), model="claude-or-not", at=at)
        assert (found.base_url, found.wire, found.model) == (base_url, wire, "claude-or-not")
        assert (found.profile is NEUTRAL) if profile is None else (found.profile.name == profile)
