"""OpenAI Responses, as the types of OpenAI's Python SDK 3.54 have them (`openai.types.responses`).

A test walks those types and holds these tables equal, but for what it lists with a reason: `tools`, `tool_choice` and
`parallel_tool_calls` of an answer only repeat the request, and may be missing here.
"""

from nexdiag.diff.drift.builtin.chat import ERROR

_HOSTED = (
    *("additional_tools", "apply_patch_call", "apply_patch_call_output", "code_interpreter_call", "compaction"),
    *("computer_call", "computer_call_output", "custom_tool_call", "custom_tool_call_output", "file_search_call"),
    *("function_call_output", "image_generation_call", "local_shell_call", "local_shell_call_output"),
    *("mcp_approval_request", "mcp_approval_response", "mcp_call", "mcp_list_tools", "program", "program_output"),
    *("shell_call", "shell_call_output", "tool_search_call", "tool_search_output", "web_search_call"),
)
"""Items that are known, and not looked into: of tools that run at OpenAI."""
_ITEM = """
{0}[type=message]                    obj
{0}[type=message]/type               str!
{0}[type=message]/id                 str!
{0}[type=message]/role               str!  assistant
{0}[type=message]/status             str!  in_progress|completed|incomplete
{0}[type=message]/phase              str?  commentary|final_answer
{0}[type=message]/content            list!
{0}[type=message]/content/*          obj
{0}[type=message]/content/*[type=output_text]              obj
{0}[type=message]/content/*[type=output_text]/type         str!
{0}[type=message]/content/*[type=output_text]/text         str!
{0}[type=message]/content/*[type=output_text]/annotations  list!
{0}[type=message]/content/*[type=output_text]/logprobs     list?
{0}[type=message]/content/*[type=refusal]                  obj
{0}[type=message]/content/*[type=refusal]/type             str!
{0}[type=message]/content/*[type=refusal]/refusal          str!
{0}[type=function_call]              obj
{0}[type=function_call]/type         str!
{0}[type=function_call]/id           str?
{0}[type=function_call]/async        bool?
{0}[type=function_call]/caller       obj?
{0}[type=function_call]/call_id      str!
{0}[type=function_call]/name         str!
{0}[type=function_call]/namespace    str?
{0}[type=function_call]/arguments    str!
{0}[type=function_call]/status       str?  in_progress|completed|incomplete
{0}[type=reasoning]                  obj
{0}[type=reasoning]/type             str!
{0}[type=reasoning]/id               str!
{0}[type=reasoning]/summary          list!
{0}[type=reasoning]/summary/*        obj
{0}[type=reasoning]/content          list?
{0}[type=reasoning]/encrypted_content  str?
{0}[type=reasoning]/status           str?  in_progress|completed|incomplete
""" + "".join(f"{{0}}[type={kind}] obj\n" for kind in _HOSTED)
_RESPONSE = """
{0}/id                               str!
{0}/object                           str!  response
{0}/created_at                       num!
{0}/completed_at                     num?
{0}/status                           str?  completed|failed|in_progress|cancelled|queued|incomplete
{0}/model                            str!
{0}/error                            obj?
{0}/error/code                       str!
{0}/error/message                    str!
{0}/error/misalignment               obj?
{0}/error/param                      str?
{0}/error/type                       str?
{0}/incomplete_details               obj?
{0}/incomplete_details/reason        str?  max_output_tokens|content_filter|max_messages|steered
{0}/instructions                     str|list?
{0}/output                           list!
{0}/output/*                         obj
{0}/parallel_tool_calls              bool
{0}/tool_choice                      str|obj  none|auto|required
{0}/tools                            list
{0}/background                       bool?
{0}/access_programs                  obj?
{0}/conversation                     obj?
{0}/image                            obj?
{0}/input_transformations            list?
{0}/max_output_tokens                int?
{0}/max_tool_calls                   int?
{0}/metadata                         obj?
{0}/moderation                       obj?
{0}/previous_response_id             str?
{0}/prompt                           obj?
{0}/prompt_cache_diagnostics         obj?
{0}/prompt_cache_options             obj?
{0}/prompt_cache_key                 str?
{0}/prompt_cache_retention           str?  in_memory|24h
{0}/reasoning                        obj?
{0}/safety_identifier                str?
{0}/service_tier                     str?  auto|default|fast|flex|priority|scale|ultrafast...
{0}/temperature                      num?
{0}/text                             obj?
{0}/tool_usage                       obj?
{0}/top_logprobs                     int?
{0}/top_p                            num?
{0}/truncation                       str?  auto|disabled
{0}/user                             str?
{0}/usage                            obj?
{0}/usage/input_tokens               int!
{0}/usage/output_tokens              int!
{0}/usage/total_tokens               int!
{0}/usage/input_tokens_details       obj!
{0}/usage/input_tokens_details/cached_tokens      int!
{0}/usage/input_tokens_details/cache_write_tokens  int
{0}/usage/input_tokens_details/cache_write_tokens_details  obj?
{0}/usage/output_tokens_details      obj!
{0}/usage/output_tokens_details/reasoning_tokens  int!
""" + _ITEM.replace("{0}", "{0}/output/*")
_WITH_RESPONSE = ("created", "in_progress", "completed", "failed", "incomplete", "queued")
_OF_ITEM = "output_index int! item_id str!"
_OF_PART = f"{_OF_ITEM} content_index int!"
_OF_SUMMARY = f"{_OF_ITEM} summary_index int!"
_OF_COMMAND = "output_index int! command_index int!"
_AT_WORK = {
    "code_interpreter_call": "in_progress interpreting completed",
    "compaction": "compacting",
    "file_search_call": "in_progress searching completed",
    "image_generation_call": "in_progress generating completed",
    "mcp_call": "in_progress completed failed",
    "mcp_list_tools": "in_progress completed failed",
    "web_search_call": "in_progress searching completed",
}
"""What a hosted tool tells of itself, each an event."""
_PIECES = {
    "error": "code str? message str! param str?",
    "response.output_text.delta": f"{_OF_PART} delta str! logprobs list",
    "response.output_text.done": f"{_OF_PART} text str! logprobs list",
    "response.output_text.annotation.added": f"{_OF_PART} annotation obj? annotation_index int!",
    "response.refusal.delta": f"{_OF_PART} delta str!",
    "response.refusal.done": f"{_OF_PART} refusal str!",
    "response.content_part.added": f"{_OF_PART} part obj!",
    "response.content_part.done": f"{_OF_PART} part obj!",
    "response.function_call_arguments.delta": f"{_OF_ITEM} delta str!",
    "response.function_call_arguments.done": f"{_OF_ITEM} arguments str!",
    "response.custom_tool_call_input.delta": f"{_OF_ITEM} delta str!",
    "response.custom_tool_call_input.done": f"{_OF_ITEM} input str!",
    "response.mcp_call_arguments.delta": f"{_OF_ITEM} delta str!",
    "response.mcp_call_arguments.done": f"{_OF_ITEM} arguments str!",
    "response.code_interpreter_call_code.delta": f"{_OF_ITEM} delta str!",
    "response.code_interpreter_call_code.done": f"{_OF_ITEM} code str!",
    "response.image_generation_call.partial_image": f"{_OF_ITEM} partial_image_b64 str! partial_image_index int! "
    "background str? output_format str? quality str? size str?",
    "response.reasoning_text.delta": f"{_OF_PART} delta str!",
    "response.reasoning_text.done": f"{_OF_PART} text str!",
    "response.reasoning_summary_text.delta": f"{_OF_SUMMARY} delta str!",
    "response.reasoning_summary_text.done": f"{_OF_SUMMARY} text str!",
    "response.reasoning_summary_part.added": f"{_OF_SUMMARY} part obj!",
    "response.reasoning_summary_part.done": f"{_OF_SUMMARY} part obj! status str?=incomplete",
    "response.shell_call_command.added": f"{_OF_COMMAND} command str!",
    "response.shell_call_command.delta": f"{_OF_COMMAND} delta str!",
    "response.shell_call_command.done": f"{_OF_COMMAND} command str!",
    "response.shell_call_output_content.delta": f"{_OF_COMMAND} item_id str! delta obj!",
    "response.shell_call_output_content.done": f"{_OF_COMMAND} item_id str! output list!",
    "response.audio.delta": "delta str!",
    "response.audio.done": "",
    "response.audio.transcript.delta": "delta str!",
    "response.audio.transcript.done": "",
} | {f"response.{tool}.{state}": _OF_ITEM for tool, states in _AT_WORK.items() for state in states.split()}
"""The fields of the events that carry a piece; each has its type and a sequence number besides."""
_OBFUSCATED = "obfuscation str?"
"""OpenAI pads pieces with it unless `stream_options` says no; the types have it of one event, and let the others go."""


def _event(kind: str, fields: str) -> str:
    words = fields.split()
    rows = [
        f"[type={kind}]/{name} {what.replace('=', ' ')}" for name, what in zip(words[::2], words[1::2], strict=True)
    ]
    own = [f"[type={kind}] obj", f"[type={kind}]/type str!", f"[type={kind}]/sequence_number int!"]
    return "\n".join([*own, *rows, ""])


def _padded(kind: str, fields: str) -> str:
    return f"{fields} {_OBFUSCATED}" if kind.endswith(".delta") else fields


def _events() -> str:
    whole = [
        _event(f"response.{name}", "response obj!") + _RESPONSE.format(f"[type=response.{name}]/response")
        for name in _WITH_RESPONSE
    ]
    items = [
        _event(f"response.output_item.{name}", "output_index int! item obj!")
        + _ITEM.format(f"[type=response.output_item.{name}]/item")
        for name in ("added", "done")
    ]
    return "".join([*whole, *items, *(_event(kind, _padded(kind, fields)) for kind, fields in _PIECES.items())])


_REQUEST = """
/model                 str
/input                 str|list
/input/*               obj
/access_programs       obj
/instructions          str?
/background            bool?
/background_options    obj
/context_management    list?
/conversation          str|obj?
/image                 obj
/include               list?
/max_output_tokens     int?
/max_tool_calls        int?
/metadata              obj?
/moderation            obj?
/parallel_tool_calls   bool?
/previous_response_id  str?
/prompt                obj?
/prompt_cache_options  obj
/prompt_cache_key      str?
/prompt_cache_retention  str?  in_memory|24h
/reasoning             obj?
/safety_identifier     str?
/service_tier          str?  auto|default|fast|flex|priority|scale|ultrafast...
/store                 bool?
/stream                bool?
/stream_options        obj?
/temperature           num?
/text                  obj
/tool_choice           str|obj  none|auto|required
/tools                 list
/tools/*               obj
/top_logprobs          int?
/top_p                 num?
/truncation            str?  auto|disabled
/user                  str
"""
TABLES = {
    ("response", "json"): _RESPONSE.format(""),
    ("response", "stream"): _events(),
    ("error", "*"): ERROR,
    ("request", "json"): _REQUEST,
}
