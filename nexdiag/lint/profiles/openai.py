"""What OpenAI's own service accepts and refuses. It is strict on pairs, names and ids, and lenient on order."""

from nexdiag.core.endpoint import Limits, Param, Profile, Refusal, Sends
from nexdiag.lint.profiles.shapes import openai_error
from nexdiag.lint.server import Conditional, Marks

REASONING = r"(?:^|/)(?:o[134](?:$|[-:])|gpt-5)"
"""Models that take max_completion_tokens alone."""
FIXED_SAMPLING = r"(?:^|/)(?:o[134](?:$|[-:])|gpt-5(?:$|-(?!chat)))"
"""Models that take no sampling parameters but their defaults."""
_UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
    "The following tool_call_ids did not have response messages: {ids}"
)

REFUSES = (
    Refusal(
        rule="orphan-tool-result",
        status=400,
        body=openai_error(
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
            "'tool_calls'.",
            param="messages.[{index}].role",
        ),
        source="smarter-sh/smarter#264, miurla/morphic#136",
        seen="gpt-4-turbo",
        wires=("chat",),
    ),
    Refusal(
        rule="unanswered-tool-call",
        status=400,
        body=openai_error(_UNANSWERED, param="messages.[{next}].role"),
        source="aliasrobotics/cai#111, router-for-me/CLIProxyAPI#2798",
        seen="2026-04",
        wires=("chat",),
    ),
    Refusal(
        rule="tool-result-not-adjacent",
        status=400,
        body=openai_error(_UNANSWERED, param="messages.[{next}].role"),
        source="graphwork/workgraph 6617ef03, openai_client.rs; the words are those for an unanswered call",
        seen="2026-04",
        wires=("chat",),
    ),
    Refusal(
        rule="split-parallel-tool-calls",
        status=400,
        body=openai_error(_UNANSWERED, param="messages.[{next}].role"),
        source="aliasrobotics/cai#111 (the first of the two messages has a call without an answer)",
        seen="gpt-4o",
        wires=("chat",),
    ),
    Refusal(
        rule="tool-call-id-mismatch",
        status=400,
        body=openai_error(_UNANSWERED, param="messages.[{next}].role"),
        source="aliasrobotics/cai#111 (the call is without an answer to its id)",
        seen="gpt-4o",
        wires=("chat",),
    ),
    Refusal(
        rule="empty-messages",
        status=400,
        body=openai_error(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param="messages",
            code="empty_array",
        ),
        source="CopilotKit/CopilotKit#529",
        seen="2024-08",
    ),
    Refusal(
        rule="null-content",
        status=400,
        body=openai_error(
            "Invalid value for 'content': expected a string, got null.", param="messages.[{index}].content"
        ),
        source="run-llama/llama_index#17555, songquanpeng/one-api#784",
        seen="gpt-4o-mini",
        wires=("chat",),
    ),
    Refusal(
        rule="empty-tool-calls-array",
        status=400,
        body=openai_error(
            "Invalid 'messages[{index}].tool_calls': empty array. Expected an array with minimum length 1, but got an "
            "empty array instead.",
            param="messages[{index}].tool_calls",
            code="empty_array",
        ),
        source="openai/openai-python#2061",
        seen="gpt-4o-mini",
    ),
    Refusal(
        rule="tool-call-id-format",
        status=400,
        body=openai_error(
            "Invalid 'messages[{index}].tool_calls[0].id': string too long. Expected a string with maximum length 40, "
            "but got a string with length {length} instead.",
            param="messages[{index}].tool_calls[0].id",
            code="string_above_max_length",
        ),
        source="vercel/ai#8132, anomalyco/opencode#12653",
        seen="gpt-4o",
        wires=("chat",),
    ),
    Refusal(
        rule="tool-call-id-format",
        status=400,
        body=openai_error(
            "Invalid 'input[{index}].call_id': string too long. Expected a string with maximum length 64, but got a "
            "string with length {length} instead.",
            param="input[{index}].call_id",
            code="string_above_max_length",
        ),
        source="vercel/ai#8132 (the words, of chat completions)",
        seen="gpt-5",
        wires=("responses",),
    ),
    Refusal(
        rule="message-id-collision",
        status=400,
        body=openai_error(
            "Duplicate item found with id {id}. Remove duplicate items from your input and try again.", param="input"
        ),
        source="earendil-works/pi#5147",
        seen="gpt-5.5",
        wires=("responses",),
    ),
    Refusal(
        rule="tool-name-format",
        status=400,
        body=openai_error(
            "Invalid 'tools[{tool}].function.name': string does not match pattern. Expected a string that matches the "
            "pattern '^[a-zA-Z0-9_-]+$'.",
            param="tools[{tool}].function.name",
            code="invalid_value",
        ),
        source="brekkylab/ailoy#109, nanbingxyz/5ire#33",
        seen="gpt-4o",
    ),
    Refusal(
        rule="tool-name-empty",
        status=400,
        body=openai_error(
            "Invalid 'tools[{tool}].function.name': empty string. Expected a string with minimum length 1, but got an "
            "empty string instead.",
            param="tools[{tool}].function.name",
            code="empty_string",
        ),
        source="brekkylab/ailoy#109 (the pattern wants one character); the words are those for other empty texts",
        seen="gpt-4o",
    ),
    Refusal(
        rule="tool-schema-invalid",
        status=400,
        body=openai_error(
            "Invalid schema for function '{name}': In context=(), object schema missing properties.",
            param="tools[{tool}].function.parameters",
            code="invalid_function_parameters",
        ),
        source="containers/kubernetes-mcp-server#340, sigoden/aichat#1049 (items of an array)",
        seen="gpt-4o",
    ),
    Refusal(
        rule="too-many-tools",
        status=400,
        body=openai_error(
            "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length "
            "{count} instead.",
            param="tools",
            code="array_above_max_length",
        ),
        source="anomalyco/opencode#4909",
        seen="gpt-5.1",
    ),
    Refusal(
        rule="tool-choice-without-tools",
        status=400,
        body=openai_error("'{param}' is only allowed when 'tools' are specified.", param="{param}"),
        source="dapr/dapr-agents#248",
        seen="2025",
        wires=("chat",),
    ),
    Refusal(
        rule="max-tokens-param",
        status=400,
        body=openai_error(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
            "instead.",
            param="max_tokens",
            code="unsupported_parameter",
        ),
        source="ITSpecialist111/ai_automation_suggester#38, griptape-ai/ComfyUI-Griptape#312",
        seen="o1-preview, gpt-5",
        models=REASONING,
        wires=("chat",),
    ),
    Refusal(
        rule="sampling-param-unsupported",
        status=400,
        body=openai_error(
            "Unsupported value: '{param}' does not support {value} with this model. Only the default (1) value is "
            "supported.",
            param="{param}",
            code="unsupported_value",
        ),
        source="QwenLM/qwen-code#921",
        seen="gpt-5-mini",
        models=FIXED_SAMPLING,
    ),
    Refusal(
        rule="unknown-param",
        status=400,
        body=openai_error("Unrecognized request argument supplied: {param}"),
        source="langchain-ai/langchain#23552 (the words, on Azure)",
        seen="2024-06",
        wires=("chat",),
    ),
    Refusal(
        rule="context-overflow",
        status=400,
        body=openai_error(
            "This model's maximum context length is {window} tokens. However, your messages resulted in {tokens} "
            "tokens. Please reduce the length of the messages.",
            param="messages",
            code="context_length_exceeded",
        ),
        source="the words that vllm-project/vllm#20409 shows, as OpenAI says them",
        seen="gpt-4",
    ),
)
"""What its checks refuse, on its own service and on Azure's."""

PROFILE = Profile(
    name="openai",
    title="OpenAI",
    aliases=(r"\bopenai\b(?![ -]?(?:compat|protocol|style|like|drop|sdk|client|python|node|wire|dialect|format))",),
    refuses=(
        *REFUSES,
        Refusal(
            rule="base-url-missing-v1",
            status=404,
            body=openai_error("Invalid URL ({method} {path})"),
            source="microsoft/TaskWeaver#11",
            seen="2023-12",
        ),
        Refusal(
            rule="model-name-prefix",
            status=404,
            body=openai_error(
                "The model `{model}` does not exist or you do not have access to it.", code="model_not_found"
            ),
            source="Aider-AI/aider#2030",
            seen="2024-12",
        ),
        Refusal(
            rule="model-not-found",
            status=404,
            body=openai_error(
                "The model `{model}` does not exist or you do not have access to it.", code="model_not_found"
            ),
            source="Aider-AI/aider#2030",
            seen="2024-12",
        ),
    ),
    routes=("/v1/chat/completions", "/v1/responses", "/v1/models"),
    limits=Limits(
        tool_name="[a-zA-Z0-9_-]{1,64}",
        tool_call_id=r"[\s\S]{1,40}",
        tools=128,
        tool_description=1024,
        schema_wants=("properties", "items", "valid", "object"),
        params_refused=(
            Param(name="max_tokens", models=REASONING, instead="max_completion_tokens"),
            Param(name="temperature", models=FIXED_SAMPLING, unless=(1,)),
            Param(name="top_p", models=FIXED_SAMPLING, unless=(1,)),
            Param(name="presence_penalty", models=FIXED_SAMPLING, unless=(0,)),
            Param(name="frequency_penalty", models=FIXED_SAMPLING, unless=(0,)),
            Param(name="top_k"),
            Param(name="min_p"),
            Param(name="repetition_penalty"),
            Param(name="chat_template_kwargs"),
            Param(name="extra_body"),
            Param(name="enable_thinking"),
            Param(name="random_seed", instead="seed"),
        ),
        roles=("system", "developer", "user", "assistant", "tool", "function"),
        tool_choices=("none", "auto", "required"),
        null_content=("no-calls", "tool", "user"),
    ),
    sends=Sends(stream_options=True, max_tokens_field="max_completion_tokens"),
)

CONDITIONAL = (
    Conditional(
        variant="2025-03",
        when="it is as old as the limit of 1024 characters for a tool's description",
        refusal=Refusal(
            rule="tool-description-too-long",
            status=400,
            body=openai_error(
                "Invalid 'tools[{tool}].function.description': string too long. Expected a string with maximum length "
                "1024, but got a string with length {length} instead.",
                param="tools[{tool}].function.description",
                code="string_above_max_length",
            ),
            source="nanbingxyz/5ire#33",
            seen="gpt-4o",
        ),
    ),
)

MARKS = Marks(
    headers=("^(?:llm_provider-)?openai-(?:version|organization|project):",),
    url=(r"^https?://api\.openai\.com(?::|/|$)",),
)
