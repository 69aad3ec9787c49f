"""Promises of nexdiag.agent.provider.names: one vocabulary, and no guess from a bare name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.provider import names
from nexdiag.agent.provider.names import canonical, split_model, split_model_strictly
from nexdiag.core.errors import UsageError
from nexdiag.lint import profiles


@pytest.mark.parametrize(
    ("spec", "prefix", "name"),
    [
        ("local:qwen3-coder", "local", "qwen3-coder"),
        ("OPENAI:gpt-5", "openai", "gpt-5"),
        ("nex:org/model:free", "nex", "org/model:free"),
        ("deepseek-coder:16b", None, "deepseek-coder:16b"),
        ("mistral:7b", None, "mistral:7b"),
        ("claude:opus", "claude", "opus"),
        ("anthropic:claude-opus-4", "anthropic", "claude-opus-4"),
        ("gemini:gemini-3-flash", "gemini", "gemini-3-flash"),
        ("owner/name:free", None, "owner/name:free"),
        ("  qwen3-coder ", None, "qwen3-coder"),
        ("vllm: spaced ", "vllm", "spaced"),
        (":odd", None, ":odd"),
    ],
)
def test_only_known_prefixes_are_taken_off(spec: str, prefix: str | None, name: str) -> None:
    """A provider prefix goes; a tag or a variant after a colon stays, for it belongs to the name.

    (reference fault 4)
    """
    assert split_model(spec) == (prefix, name)


@pytest.mark.parametrize("spec", ["", "  ", "local:", "nex:  "])
def test_an_empty_name_is_refused(spec: str) -> None:
    """A prefix alone names no model."""
    with pytest.raises(UsageError, match="a model is wanted"):
        split_model(spec)


@given(st.sampled_from(sorted(names.PREFIXES)), st.text(min_size=1).filter(str.strip))
def test_every_prefix_is_taken_off_once(prefix: str, name: str) -> None:
    """What stands after the first prefix is the name, whatever is in it."""
    assert split_model(f"{prefix}:{name}") == (prefix, name.strip())


@pytest.mark.parametrize("prefix", sorted(names.PREFIXES))
def test_every_prefix_implies_a_profile_that_there_is(prefix: str) -> None:
    """No prefix leads to an unknown profile."""
    hinted = names.PREFIXES[prefix]
    assert not hinted or profiles.named(hinted).name == hinted


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("qwen3", "nex:qwen3"),
        ("opnai:gpt-5", "did you mean openai:?"),
        ("amplifier:x", "providers: "),
        ("nex:", "qwen3"),
    ],
)
def test_a_strict_spec_names_its_provider(spec: str, hint: str) -> None:
    """Where the provider has to be told, a bare name and an unknown one are errors that tell what is wanted."""
    with pytest.raises(UsageError) as refused:
        split_model_strictly(spec)
    assert hint in refused.value.hint
    assert split_model_strictly("local:m:7b") == ("local", "m:7b")


def test_one_name_for_what_means_the_same() -> None:
    """Names for any server are one, and so are a service's and its tool's; a label of somebody else stays."""
    assert {canonical(name) for name in ("nex", "native", "local", "oai-compat", " Local ")} == {"nex"}
    assert [canonical(name) for name in ("claude", "codex", "llama.cpp", "Acme")] == [
        "anthropic", "openai", "llamacpp", "acme",
    ]  # fmt: skip
