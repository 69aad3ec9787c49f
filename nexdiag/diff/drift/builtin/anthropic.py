"""Anthropic Messages, as the types of Anthropic's Python SDK 2.12 have them (`anthropic.types`).

A test walks those types and holds these tables equal, but for what it lists with a reason. `temperature`, `top_p` and
`top_k` are in its types no more; servers take them.
"""

_RESULTS = "".join(
    f"{{0}}[type={kind}] obj\n"
    for kind in (
        *("bash_code_execution_tool_result", "code_execution_tool_result", "container_upload", "server_tool_use"),
        *("text_editor_code_execution_tool_result", "tool_search_tool_result", "web_fetch_tool_result"),
        "web_search_tool_result",
    )
)
"""Blocks that are known, and not looked into: of tools that run at Anthropic."""
_USAGE = """
{0}                              obj!
{0}/input_tokens                 int{1}
{0}/output_tokens                int!
{0}/cache_creation_input_tokens  int?
{0}/cache_read_input_tokens      int?
{0}/output_tokens_details        obj?
{0}/server_tool_use              obj?
"""
_FIRST_USAGE = (
    _USAGE
    + """
{0}/cache_creation               obj?
{0}/service_tier                 str?  standard|priority|batch...
{0}/inference_geo                str?
{0}/speed                        str?  standard|fast
"""
)
_REASONS = "end_turn|max_tokens|stop_sequence|tool_use|pause_turn|refusal|model_context_window_exceeded"
_MESSAGE = (
    """
{0}/id                           str!
{0}/type                         str!  message
{0}/role                         str!  assistant
{0}/model                        str!
{0}/stop_reason                  str?  """
    + _REASONS
    + """
{0}/stop_sequence                str?
{0}/stop_details                 obj?
{0}/container                    obj?
{0}/diagnostics                  obj?
{0}/content                      list!
{0}/content/*                    obj
"""
)
_BLOCK = (
    """
{0}[type=text]                   obj
{0}[type=text]/type              str!
{0}[type=text]/text              str!
{0}[type=text]/citations         list?
{0}[type=thinking]               obj
{0}[type=thinking]/type          str!
{0}[type=thinking]/thinking      str!
{0}[type=thinking]/signature     str!
{0}[type=redacted_thinking]      obj
{0}[type=redacted_thinking]/type str!
{0}[type=redacted_thinking]/data str!
{0}[type=tool_use]               obj
{0}[type=tool_use]/type          str!
{0}[type=tool_use]/id            str!
{0}[type=tool_use]/name          str!
{0}[type=tool_use]/input         obj!
{0}[type=tool_use]/caller        obj?
{0}[type=tool_use]/toolset_name  str?
"""
    + _RESULTS
)
_EVENTS = (
    """
[type=message_start]             obj
[type=message_start]/type        str!
[type=message_start]/message     obj!
[type=content_block_start]                obj
[type=content_block_start]/type           str!
[type=content_block_start]/index          int!
[type=content_block_start]/content_block  obj!
[type=content_block_delta]                obj
[type=content_block_delta]/type           str!
[type=content_block_delta]/index          int!
[type=content_block_delta]/delta          obj!
[type=content_block_delta]/delta[type=text_delta]                    obj
[type=content_block_delta]/delta[type=text_delta]/type               str!
[type=content_block_delta]/delta[type=text_delta]/text               str!
[type=content_block_delta]/delta[type=input_json_delta]              obj
[type=content_block_delta]/delta[type=input_json_delta]/type         str!
[type=content_block_delta]/delta[type=input_json_delta]/partial_json str!
[type=content_block_delta]/delta[type=thinking_delta]                obj
[type=content_block_delta]/delta[type=thinking_delta]/type           str!
[type=content_block_delta]/delta[type=thinking_delta]/thinking       str!
[type=content_block_delta]/delta[type=signature_delta]               obj
[type=content_block_delta]/delta[type=signature_delta]/type          str!
[type=content_block_delta]/delta[type=signature_delta]/signature     str!
[type=content_block_delta]/delta[type=citations_delta]               obj
[type=content_block_stop]                 obj
[type=content_block_stop]/type            str!
[type=content_block_stop]/index           int!
[type=message_delta]                      obj
[type=message_delta]/type                 str!
[type=message_delta]/delta                obj!
[type=message_delta]/delta/stop_reason    str?  """
    + _REASONS
    + """
[type=message_delta]/delta/stop_sequence  str?
[type=message_delta]/delta/stop_details   obj?
[type=message_delta]/delta/container      obj?
[type=message_stop]                       obj
[type=message_stop]/type                  str!
[type=ping]                               obj
[type=ping]/type                          str!
"""
    + _MESSAGE.format("[type=message_start]/message")
    + _BLOCK.format("[type=message_start]/message/content/*")
    + _FIRST_USAGE.format("[type=message_start]/message/usage", "!")
    + _BLOCK.format("[type=content_block_start]/content_block")
    + _USAGE.format("[type=message_delta]/usage", "?")
)
_REQUEST = """
/model                           str!
/max_tokens                      int!
/messages                        list!
/messages/*                      obj
/messages/*[role=user]           obj
/messages/*[role=user]/role      str!
/messages/*[role=user]/content   str|list!
/messages/*[role=system]         obj
/messages/*[role=system]/role    str!
/messages/*[role=system]/content  str|list!
/messages/*[role=assistant]      obj
/messages/*[role=assistant]/role     str!
/messages/*[role=assistant]/content  str|list!
/cache_control                   obj?
/container                       str|obj?
/diagnostics                     obj?
/inference_geo                   str?
/metadata                        obj
/output_config                   obj
/service_tier                    str  auto|standard_only...
/speed                           str?  standard|fast
/stop_sequences                  list
/stream                          bool
/system                          str|list
/temperature                     num
/thinking                        obj
/tool_choice                     obj
/tools                           list
/tools/*                         obj
/top_k                           int
/top_p                           num
/user_profile_id                 str
/workspace_id                    str
"""
_ERROR = """
/type                            str!  error
/error                           obj!
/error/type                      str!
/error/message                   str!
/request_id                      str?
"""
TABLES = {
    ("response", "json"): _MESSAGE.format("") + _BLOCK.format("/content/*") + _FIRST_USAGE.format("/usage", "!"),
    ("response", "stream"): _EVENTS,
    ("error", "*"): _ERROR,
    ("request", "json"): _REQUEST,
}
