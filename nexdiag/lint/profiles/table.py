"""All servers, their deployments, and the unknown one. A new server is a module here, and a line in `SERVERS`."""

from nexdiag.core.endpoint import Profile
from nexdiag.lint.profiles import (
    anthropic,
    azure,
    bedrock,
    dashscope,
    deepseek,
    gemini,
    groq,
    litellm,
    llama_cpp,
    lm_studio,
    mistral,
    mistral_common,
    ollama,
    openai,
    openrouter,
    sglang,
    tgi,
    unknown,
    vllm,
)
from nexdiag.lint.server import Server

SERVERS: tuple[Server, ...] = (
    Server(profile=bedrock.PROFILE, conditional=bedrock.CONDITIONAL, marks=bedrock.MARKS),
    Server(profile=azure.PROFILE, conditional=azure.CONDITIONAL, marks=azure.MARKS),
    Server(profile=llama_cpp.PROFILE, conditional=llama_cpp.CONDITIONAL, marks=llama_cpp.MARKS),
    Server(profile=lm_studio.PROFILE, conditional=lm_studio.CONDITIONAL, marks=lm_studio.MARKS),
    Server(profile=sglang.PROFILE, conditional=sglang.CONDITIONAL, marks=sglang.MARKS),
    Server(profile=vllm.PROFILE, conditional=vllm.CONDITIONAL, marks=vllm.MARKS),
    Server(profile=ollama.PROFILE, conditional=ollama.CONDITIONAL, marks=ollama.MARKS),
    Server(profile=tgi.PROFILE, conditional=tgi.CONDITIONAL, marks=tgi.MARKS),
    Server(profile=mistral.PROFILE, conditional=mistral.CONDITIONAL, marks=mistral.MARKS),
    Server(profile=deepseek.PROFILE, conditional=deepseek.CONDITIONAL, marks=deepseek.MARKS),
    Server(profile=groq.PROFILE, marks=groq.MARKS),
    Server(profile=gemini.PROFILE, conditional=gemini.CONDITIONAL, marks=gemini.MARKS),
    Server(profile=dashscope.PROFILE, marks=dashscope.MARKS),
    Server(profile=anthropic.PROFILE, marks=anthropic.MARKS),
    Server(profile=openai.PROFILE, conditional=openai.CONDITIONAL, marks=openai.MARKS),
    Server(profile=openrouter.PROFILE, conditional=openrouter.CONDITIONAL, marks=openrouter.MARKS),
    Server(profile=litellm.PROFILE, conditional=litellm.CONDITIONAL, marks=litellm.MARKS),
)
"""The more special name first ("Azure OpenAI" is Azure, "vLLM serving Mistral" vLLM), those that hand on last."""

GATEWAYS = (openrouter.PROFILE.name, litellm.PROFILE.name)
"""They pass a request on: what is behind them decides what is refused."""

UNKNOWN: Profile = unknown.PROFILE
VARIANTS: dict[str, tuple[Profile, ...]] = {
    server.profile.name: tuple(variant.profile for variant in server.variants()) for server in SERVERS
}
"""The deployments that are stated apart, by the name of the server's profile."""
VERSIONS: dict[str, tuple[Server, ...]] = {mistral.PROFILE.name: mistral_common.VERSIONS}
"""Deployments that take less here and more there than the server: each is found by its name alone."""

EVERY: dict[str, Server] = {
    server.profile.name: server
    for server in (
        *SERVERS,
        *(variant for server in SERVERS for variant in server.variants()),
        Server(profile=UNKNOWN),
    )
}
"""By the name of the profile."""

ALL: tuple[Profile, ...] = tuple(server.profile for server in EVERY.values())
