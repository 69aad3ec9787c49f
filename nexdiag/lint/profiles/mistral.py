"""What Mistral's own service accepts and refuses: the checks of mistral-common, in its words."""

from nexdiag.core.endpoint import Limits, Param, Profile, Refusal, Sends, StreamHabits
from nexdiag.lint.profiles.shapes import forbidden, mistral_error
from nexdiag.lint.server import Conditional, Marks

_VALIDATOR = "validator.py of mistral-common at bc022b9"
_ORDER = "invalid_request_message_order"

CHECKS = (
    Refusal(
        rule="orphan-tool-result",
        status=400,
        body=mistral_error("Unexpected role 'tool' after role '{previous}'", kind=_ORDER, code="3230"),
        source="charmbracelet/crush#279, zed-industries/zed#37021",
        seen="2025-08",
    ),
    Refusal(
        rule="unanswered-tool-call",
        status=400,
        body=mistral_error("Not the same number of function calls and responses"),
        source=f"camel-ai/camel#1467, {_VALIDATOR}",
        seen="2025-01",
    ),
    Refusal(
        rule="tool-result-not-adjacent",
        status=400,
        body=mistral_error("Unexpected role 'tool' after role '{previous}'", kind=_ORDER, code="3230"),
        source=f"{_VALIDATOR} (its table of orders)",
        seen="bc022b9",
    ),
    Refusal(
        rule="split-parallel-tool-calls",
        status=400,
        body=mistral_error("Not the same number of function calls and responses"),
        source=f"{_VALIDATOR} (calls and answers are counted before the next message of the assistant)",
        seen="bc022b9",
    ),
    Refusal(
        rule="duplicate-tool-result",
        status=400,
        body=mistral_error("Duplicate tool call id {id} in tool results"),
        source=_VALIDATOR,
        seen="bc022b9, v11 and later",
    ),
    Refusal(
        rule="tool-call-id-mismatch",
        status=400,
        body=mistral_error("Unexpected tool call id {id} in tool results"),
        source=_VALIDATOR,
        seen="bc022b9, v11 and later",
    ),
    Refusal(
        rule="duplicate-tool-call-id",
        status=400,
        body=mistral_error("Duplicate tool call id {id} in assistant message"),
        source=_VALIDATOR,
        seen="bc022b9, v11 and later",
    ),
    Refusal(
        rule="tool-call-id-format",
        status=400,
        body=mistral_error("Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9.", code="3280"),
        source="langchain-ai/langchain#24668, openclaw/openclaw#23740",
        seen="mistral-large-latest",
    ),
    Refusal(
        rule="assistant-last",
        status=400,
        body=mistral_error(
            "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"
        ),
        source="microsoft/autogen#5044, NEKOparapa/AiNiee#641",
        seen="mistral-large-latest",
    ),
    Refusal(
        rule="empty-messages",
        status=400,
        body=mistral_error("Conversation must have at least one message"),
        source=_VALIDATOR,
        seen="bc022b9",
    ),
    Refusal(
        rule="tool-name-format",
        status=400,
        body=mistral_error(
            "Function name was {name} but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum "
            "length of 64."
        ),
        source=_VALIDATOR,
        seen="bc022b9",
    ),
    Refusal(
        rule="tool-name-empty",
        status=400,
        body=mistral_error(
            "Function name was  but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum "
            "length of 64."
        ),
        source=_VALIDATOR,
        seen="bc022b9",
    ),
    Refusal(
        rule="tool-schema-invalid",
        status=400,
        body=mistral_error("Invalid tool schema: {reason}"),
        source=_VALIDATOR,
        seen="bc022b9",
    ),
)
"""What mistral-common refuses, wherever it runs."""

CHECKED = Limits(tool_name="[a-zA-Z0-9_-]{1,64}", tool_call_id="[a-zA-Z0-9]{9}", schema_wants=("valid",))
"""The forms that it checks."""

PROFILE = Profile(
    name="mistral",
    title="Mistral",
    aliases=(r"\bmistral(?: ?ai)?\b(?![-. ]?(?:common|rs\b|nemo|small|[0-9]|instruct|tokenizer))", r"la plateforme"),
    refuses=(
        *CHECKS,
        Refusal(
            rule="dropped-tool-result",
            status=400,
            body=mistral_error(
                "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"
            ),
            source="0xPlaygrounds/rig#1130",
            seen="devstral-small-latest",
        ),
        Refusal(
            rule="max-tokens-param",
            status=422,
            body=forbidden("max_completion_tokens"),
            source="editor-code-assistant/eca#231, Gitlawb/openclaude#739",
            seen="labs-devstral-small-2512, codestral-2508",
        ),
        Refusal(
            rule="unknown-param",
            status=422,
            body=forbidden("{param}"),
            source="Gitlawb/openclaude#739, crewAIInc/crewAI#60, mistralai/platform-docs-public#7",
            seen="codestral-2508",
        ),
        Refusal(
            rule="unknown-message-field",
            status=422,
            body=forbidden("messages", "{index}", "{role}", "{field}"),
            source="BerriAI/litellm#30882",
            seen="mistral-large-latest",
        ),
        Refusal(
            rule="reasoning-content-rejected",
            status=422,
            body=forbidden("messages", "{index}", "assistant", "{field}"),
            source="charmbracelet/crush#1590",
            seen="devstral-2512",
        ),
        Refusal(
            rule="base-url-missing-v1",
            status=404,
            body={"message": "no Route matched with those values", "request_id": "00000000000000000000000000000000"},
            source="appstrate/appstrate#148 (the address), nextcloud/assistant#593 (the words)",
            seen="2026-06",
        ),
        Refusal(
            rule="model-name-prefix",
            status=400,
            body=mistral_error("Invalid model: {model}", kind="invalid_model", code="1500"),
            source="mistralai/mistral-vibe#617, tmc/langchaingo#1233",
            seen="2026-04",
        ),
        Refusal(
            rule="model-not-found",
            status=400,
            body=mistral_error("Invalid model: {model}", kind="invalid_model", code="1500"),
            source="mistralai/mistral-vibe#617, tmc/langchaingo#1233",
            seen="2026-04",
        ),
    ),
    # the stream: Mistral/streaming.md of M-Lai-ai/LLM-Provider-reference; the ids: what it checks them by
    stream=StreamHabits(usage="always", usage_with_finish=True, call_id="*" * 9),
    sends=Sends(nine_sign_ids=True),
    limits=Limits(
        tool_name="[a-zA-Z0-9_-]{1,64}",
        tool_call_id="[a-zA-Z0-9]{9}",
        schema_wants=("valid",),
        params_refused=(
            Param(name="max_completion_tokens", instead="max_tokens"),
            Param(name="seed", instead="random_seed"),
            Param(name="user"),
            Param(name="logit_bias"),
            Param(name="top_k"),
            Param(name="min_p"),
            Param(name="repetition_penalty"),
            Param(name="store"),
            Param(name="verbosity"),
            Param(name="chat_template_kwargs"),
            Param(name="extra_body"),
            Param(name="enable_thinking"),
        ),
        message_fields_refused=(
            "reasoning_content",
            "reasoning",
            "reasoning_details",
            "metadata",
            "refusal",
            "annotations",
            "audio",
            "function_call",
            "cache_control",
            "provider_specific_fields",
            "thinking_blocks",
        ),
        roles=("system", "user", "assistant", "tool"),
        tool_choices=("none", "auto", "any", "required"),
    ),
)

_NO_TOOLS = {
    "object": "Error",
    "detail": [
        {"type": "extra_forbidden", "loc": ["body", "tools"], "msg": "Extra inputs are not permitted", "input": []}
    ],
    "type": "invalid_request_error",
    "code": 3001,
}

CONDITIONAL = (
    Conditional(
        variant="no-tools",
        when="the address is one that takes no tools, as that which goes on with an agent's conversation",
        refusal=Refusal(
            rule="empty-tools-array",
            status=422,
            body=_NO_TOOLS,
            source="partITech/php-mistral#76",
            seen="mistral-small-latest",
        ),
    ),
    Conditional(
        variant="2025-03",
        when="it is as old as March 2025",
        refusal=Refusal(
            rule="stream-options-unsupported",
            status=422,
            body=forbidden("stream_options", "include_usage"),
            source="dnakov/anon-kode#53",
            seen="2025-03",
        ),
    ),
    Conditional(
        variant="older",
        when="it runs a mistral-common older than bc022b9, or one of its older models",
        aliases=(r"mistral.*\bold(?:er)?\b", r"\bold(?:er)? mistral"),
        refusal=Refusal(
            rule="user-after-tool",
            status=400,
            body=mistral_error("Unexpected role 'user' after role 'tool'", kind=_ORDER, code="3230"),
            source="aliou/pi-neuralwatt#12",
            seen="Devstral-Small-2-24B-Instruct-2512",
        ),
    ),
    Conditional(
        variant="older",
        when="it runs a mistral-common older than bc022b9, or one of its older models",
        refusal=Refusal(
            rule="system-not-first",
            status=400,
            body=mistral_error("Unexpected role 'system' after role '{previous}'", kind=_ORDER, code="3230"),
            source=f"the words of {_VALIDATOR}, which allows system after system and user",
            seen="bc022b9",
        ),
    ),
)

MARKS = Marks(
    headers=("^(?:llm_provider-)?mistral-correlation-id:",),
    url=(r"^https?://[^/]*\b(?:api|codestral)\.mistral\.ai(?::|/|$)",),
)
