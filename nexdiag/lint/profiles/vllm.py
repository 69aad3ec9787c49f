"""What vLLM's server accepts and refuses. Pairs of calls and answers it does not check, unless a tokenizer does."""

import msgspec

from nexdiag.core.endpoint import Limits, Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles import mistral
from nexdiag.lint.profiles.shapes import python_error
from nexdiag.lint.profiles.templates import conditions
from nexdiag.lint.server import Conditional, Marks

_OBJECT = "vllm-project/vllm#43995 (the object around the words)"

PROFILE = Profile(
    name="vllm",
    title="vLLM",
    aliases=(r"\bvllm\b(?!-mlx|\.cpp)",),
    refuses=(
        Refusal(
            rule="base-url-missing-v1",
            status=404,
            body={"detail": "Not Found"},
            source="meilisearch/documentation#3294 (the status; the words are those of FastAPI for any unknown route)",
            seen="2025-07",
        ),
        Refusal(
            rule="model-name-prefix",
            status=404,
            body=python_error("The model `{model}` does not exist.", status=404, kind="NotFoundError"),
            source=f"vllm-project/vllm#3486, {_OBJECT}",
            seen="2026",
        ),
        Refusal(
            rule="model-not-found",
            status=404,
            body=python_error("The model `{model}` does not exist.", status=404, kind="NotFoundError"),
            source=f"vllm-project/vllm#3486, {_OBJECT}",
            seen="2026",
        ),
        Refusal(
            rule="tool-choice-without-tools",
            status=400,
            body=python_error("When using `tool_choice`, `tools` must be set."),
            source=f"vLLM's checks of a chat request (a choice of none passes), {_OBJECT}",
            seen="2025",
            wires=("chat",),
        ),
        Refusal(
            rule="tool-args-not-json",
            status=400,
            body=python_error("{reason}"),
            source="vllm-project/vllm#43995, OpenHands/software-agent-sdk#2887, NVIDIA-NeMo/Gym#3474",
            seen="2026",
        ),
        Refusal(
            rule="tool-args-not-object",
            status=400,
            body=python_error("'{kind}' has no attribute 'items'"),
            source="vllm-project/vllm#43851",
            seen="0.20.1",
        ),
        Refusal(
            rule="context-overflow",
            status=400,
            body=python_error(
                "This model's maximum context length is {window} tokens. However, you requested {requested} tokens "
                "({tokens} in the messages, {max_tokens} in the completion). Please reduce the length of the messages "
                "or completion."
            ),
            source=f"vllm-project/vllm#20409, {_OBJECT}",
            seen="2025",
        ),
        Refusal(
            rule="max-tokens-exceeds-context",
            status=400,
            body=python_error(
                "This model's maximum context length is {window} tokens. However, you requested {requested} tokens "
                "({tokens} in the messages, {max_tokens} in the completion). Please reduce the length of the messages "
                "or completion."
            ),
            source=f"vllm-project/vllm#20409, {_OBJECT}",
            seen="2025",
        ),
    ),
    routes=("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/models"),
    stream=StreamHabits(reasoning_field="reasoning", call_id="chatcmpl-tool-" + "#" * 32),  # as in its marks
    limits=Limits(schema_wants=("object",)),
    sends=Sends(stream_options=True, reasoning_field="reasoning"),  # it reads no other field: vllm#38488
)

CONDITIONAL = (
    *conditions(
        400,
        # twice, as it was seen
        lambda words: python_error(f"{words} {words}"),
        role_alternation=("suitenumerique/conversations#197, microsoft/autogen#3597", "2025-12"),
        first_message_not_user=("microsoft/autogen#3597", "Llama-2-7b-chat-hf"),
        system_role_unsupported=("microsoft/autogen#1037", "Mistral-7B-Instruct-v0.2-AWQ"),
    ),
    *(
        Conditional(
            variant="mistral-tokenizer",
            when="it runs with --tokenizer-mode mistral, so that mistral-common checks the messages",
            aliases=(r"vllm.*mistral[- _]?(?:common|tokeni[sz]er)", r"vllm.*tokeni[sz]er[-_ ]mode[ =]mistral"),
            limits=mistral.CHECKED,
            refusal=msgspec.structs.replace(
                refusal,
                body=python_error(refusal.body["message"]),
                source=f"{refusal.source} (mistral-common; {_OBJECT})",
            ),
        )
        for refusal in mistral.CHECKS
    ),
    Conditional(
        variant="no-tools",
        when="it was started without --enable-auto-tool-choice and --tool-call-parser",
        refusal=Refusal(
            rule="server-tools-not-enabled",
            status=400,
            body=python_error('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
            source="swiss-ai/model-launch#213",
            seen="gemma-4",
        ),
    ),
    Conditional(
        variant="text",
        when="the model takes no images",
        refusal=Refusal(
            rule="image-unsupported",
            status=400,
            body=python_error("{model} is not a multimodal model"),
            source="vllm-project/vllm#23402",
            seen="0.10.1",
        ),
    ),
    Conditional(
        variant="0.6",
        when="it is so old that its schema forbids what it does not know",
        refusal=Refusal(
            rule="unknown-param",
            status=400,
            body=python_error(
                "[{'type': 'extra_forbidden', 'loc': ('body', '{param}'), 'msg': 'Extra inputs are not permitted', "
                "'input': None}]"
            ),
            source="gpustack/gpustack#429",
            seen="2024-10",
        ),
    ),
)

MARKS = Marks(body=(r'"owned_by":\s*"vllm"', r'"id":\s*"chatcmpl-tool-[0-9a-f]{32}"'))
