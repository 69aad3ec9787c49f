"""Words of the protocols, which are nobody's: keys, values of keys, kinds of messages, paths, headers. Data only.

Law: what is listed here may stay in a bundle without contents, wherever it stands; what is not listed is masked.
"""

from nexdiag.capture.redaction.redact import KEPT_HEADERS
from nexdiag.lint.seen.named import KNOWN

KEYS = frozenset().union(*KNOWN.values()) | frozenset(
    """
    accepted_prediction_tokens action annotations arguments audio audio_tokens budget_tokens cache_control
    cache_creation cache_creation_input_tokens cache_n cache_read_input_tokens cached_tokens call_id
    chat_template_kwargs choices code completed_at completion_tokens completion_tokens_details content
    content_block content_index created created_at data delta detail details developer disable_parallel_tool_use
    display_name effort enable_thinking encrypted_content error errors event extra_body file finish_reason
    format function function_call generate_summary grammar guided_json id image_url include_usage
    incomplete_details index input_audio input_schema input_tokens input_tokens_details is_error item item_id
    json_schema jsonrpc last_id loc max_uses media_type message method min_p min_tokens msg name
    native_finish_reason num_ctx num_predict object obfuscation options output output_index output_text
    output_tokens output_tokens_details owned_by param parameters params part partial_json predicted_ms
    predicted_n predicted_per_second predicted_per_token_ms prompt_ms prompt_n prompt_per_second
    prompt_per_token_ms prompt_tokens prompt_tokens_details protocolVersion provider quality reasoning_content
    reasoning_details reasoning_tokens redacted_thinking refusal rejected_prediction_tokens repeat_penalty
    repetition_penalty response result role sequence_number server_tool_use signature size source status
    stop_reason stop_sequence stop_sequences strict summary summary_index system_fingerprint tail
    thinking_budget thought_signature timings tool_call_id tool_calls tool_use_id tokens_evaluated
    tokens_predicted top_a total_tokens type typ_p typical_p usage verbose title url
    """.split()  # noqa: SIM905 - reads better than so many strings
)
"""Keys that stay, in what is no contents."""
SCHEMA_KEYS = frozenset(
    """
    $defs $id $ref $schema additionalProperties allOf anyOf const contains default definitions dependentRequired
    deprecated description enum examples exclusiveMaximum exclusiveMinimum format if items maxItems maxLength
    maxProperties maximum minItems minLength minProperties minimum multipleOf not nullable oneOf pattern
    patternProperties prefixItems properties propertyNames readOnly required strict then title type
    unevaluatedProperties uniqueItems writeOnly else
    """.split()  # noqa: SIM905 - reads better than so many strings
)
"""Keywords of a JSON schema."""
WORDS = frozenset(
    """
    system developer user assistant tool function tools functions model object array string number integer
    boolean null chat.completion chat.completion.chunk text_completion response list message messages error text
    auto none required any stop length tool_calls function_call content_filter end_turn max_tokens stop_sequence
    tool_use tool_result pause_turn refusal model_context_window_exceeded eos insufficient_system_resource
    cancelled canceled completed failed incomplete in_progress queued requires_action searching input_text
    output_text summary_text reasoning reasoning_text input_image input_file input_audio image_url image file
    audio document base64 url thinking redacted_thinking server_tool_use web_search web_search_call
    web_search_tool_result file_search file_search_call code_interpreter code_interpreter_call mcp mcp_call
    computer_use computer_call image_generation custom custom_tool custom_tool_call custom_tool_call_output
    function_call_output item_reference local_shell_call json_object json_schema json grammar lark regex minimal
    low medium high xhigh max default flex priority scale standard_only batch disabled enabled adaptive
    ephemeral 5m 1h in-memory 24h persistent concise detailed original image/png image/jpeg image/gif image/webp
    application/pdf text/plain char_location page_location url_citation file_citation content_block_location
    search_result_location date-time date time email uri uuid ping message_start message_delta message_stop
    content_block_start content_block_delta content_block_stop text_delta input_json_delta thinking_delta
    signature_delta citations_delta response.created response.queued response.in_progress response.completed
    response.incomplete response.failed response.output_item.added response.output_item.done
    response.content_part.added response.content_part.done response.output_text.delta response.output_text.done
    response.output_text.annotation.added response.refusal.delta response.refusal.done
    response.function_call_arguments.delta response.function_call_arguments.done response.reasoning.delta
    response.reasoning_text.delta response.reasoning_text.done response.reasoning_summary_part.added
    response.reasoning_summary_part.done response.reasoning_summary_text.delta
    response.reasoning_summary_text.done response.custom_tool_call_input.delta
    response.custom_tool_call_input.done invalid_request_error server_error rate_limit_error api_error
    authentication_error permission_error not_found_error overloaded_error billing_error timeout_error
    rate_limit_exceeded context_length_exceeded invalid_api_key model_not_found insufficient_quota
    unsupported_parameter unsupported_value invalid_value missing_required_parameter max_output_tokens
    BadRequestError NotFoundError InternalServerError exceed_context_size_error invalid_prompt reasoning.text
    reasoning.summary reasoning.encrypted reasoning.encrypted_content message.input_image.image_url 2.0
    tools/call tools/list initialize notifications/initialized resources/list resources/read prompts/list
    prompts/get 2024-11-05 2025-03-26 2025-06-18 draft-07
    """.split()  # noqa: SIM905 - reads better than so many strings
)
"""Values of keys that say what something is."""
SEGMENTS = frozenset(
    """
    v1 v2 v3 v4 v1beta api openai chat completions responses messages models embeddings tokenize apply-template
    slots props health metrics completion mcp sse openai-compatible compatible-mode inference beta input_items
    cancel count_tokens batches files generate paas anthropic
    """.split()  # noqa: SIM905 - reads better than so many strings
)
"""Of the path of a URL."""
HOSTS = frozenset(
    """
    127.0.0.1 localhost [::1] unknown.invalid api.openai.com api.anthropic.com openrouter.ai api.mistral.ai
    api.groq.com api.deepseek.com api.x.ai api.together.xyz api.fireworks.ai api.cerebras.ai
    dashscope.aliyuncs.com generativelanguage.googleapis.com
    """.split()  # noqa: SIM905 - reads better than so many strings
)
METHODS = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
HEADERS = KEPT_HEADERS | frozenset(
    """
    authorization x-api-key api-key cookie set-cookie origin referer via x-forwarded-for openai-organization
    openai-project anthropic-beta strict-transport-security x-content-type-options alt-svc cf-ray
    content-language etag
    """.split()  # noqa: SIM905 - reads better than so many strings
)
CLIENTS = (
    r"(?:OpenAI/(?:Python|JS)|Anthropic/(?:Python|JS)|AsyncOpenAI/Python|python-httpx|python-requests|curl|nexdiag|"
    r"litellm|llm|aiohttp|undici|node-fetch|uvicorn|llama\.cpp|vllm|nginx|cloudflare|openresty|hypercorn|nexdiag-stub)"
)
FAILURES = frozenset(
    """
    CancelledError GeneratorExit KeyboardInterrupt SystemExit Unfinished ReadError ReadTimeout ConnectError
    ConnectTimeout WriteError WriteTimeout PoolTimeout RemoteProtocolError LocalProtocolError ProtocolError
    CloseError DecodingError UnsupportedProtocol TooManyRedirects TimeoutException ProxyError ConnectionError
    ConnectionResetError ConnectionRefusedError TimeoutError OSError ClientDisconnect ClientLeft
    """.split()  # noqa: SIM905 - reads better than so many strings
)
MODELS = frozenset(
    """
    gpt o1 o3 o4 mini nano turbo chat codex claude opus sonnet haiku gemini gemma flash pro lite llama mistral
    mixtral ministral magistral codestral devstral pixtral large small medium qwen qwq coder vl instruct base
    thinking deepseek r1 v3 reasoner grok kimi k2 moonshot glm phi yi command granite nemotron falcon olmo
    smollm hermes oss tiny latest preview local meta google anthropic openai mistralai nvidia microsoft
    moonshotai zai org ai x gguf awq gptq fp8 bf16 it distill next max plus omni 4o
    """.split()  # noqa: SIM905 - reads better than so many strings
)
"""Of a model's name: what families and makers are called. Its numbers and sizes stay too."""
