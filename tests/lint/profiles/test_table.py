"""All servers, and their deployments."""

from nexdiag.lint.profiles.table import ALL, EVERY, GATEWAYS, SERVERS, UNKNOWN, VARIANTS

NAMES = (
    "openai azure vllm sglang llama.cpp ollama lm-studio tgi mistral deepseek groq gemini openrouter dashscope "
    "anthropic bedrock litellm"
)


def test_every_server_is_there_once() -> None:
    """Seventeen, the unknown one and the deployments apart."""
    assert sorted(server.profile.name for server in SERVERS) == sorted(NAMES.split())
    assert len({profile.name for profile in ALL}) == len(ALL) == len(EVERY)
    assert UNKNOWN in ALL
    assert not UNKNOWN.refuses


def test_gateways_are_asked_last() -> None:
    """Whoever stands behind one is meant."""
    assert tuple(server.profile.name for server in SERVERS[-2:]) == GATEWAYS


def test_deployments_belong_to_their_server() -> None:
    """A deployment states all that its server states, and more."""
    for server in SERVERS:
        for variant in VARIANTS[server.profile.name]:
            assert variant.name.startswith(f"{server.profile.name}-")
            plain, more = (
                {(one.rule, one.models, one.wires) for one in of.refuses} for of in (server.profile, variant)
            )
            assert plain <= more
            assert set(map(repr, variant.refuses)) - set(map(repr, server.profile.refuses))
