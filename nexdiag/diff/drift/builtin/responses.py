"""OpenAI Responses. Source: OpenAI's API reference and its published OpenAPI description, read November 2026.

Required here is what a client cannot do without. What the description requires of every answer though it repeats the
request (`temperature`, `top_p`, `tools`, `metadata`, ...) may be missing.
"""

from nexdiag.diff.drift.builtin.chat import ERROR

_ITEM = """
{0}[type=message]                    obj
{0}[type=message]/type               str!
{0}[type=message]/id                 str!
{0}[type=message]/role               str!  assistant
{0}[type=message]/status             str!  in_progress|completed|incomplete
{0}[type=message]/phase              str?
{0}[type=message]/content            list!
{0}[type=message]/content/*          obj
{0}[type=message]/content/*[type=output_text]              obj
{0}[type=message]/content/*[type=output_text]/type         str!
{0}[type=message]/content/*[type=output_text]/text         str!
{0}[type=message]/content/*[type=output_text]/annotations  list!
{0}[type=message]/content/*[type=output_text]/logprobs     list
{0}[type=message]/content/*[type=refusal]                  obj
{0}[type=message]/content/*[type=refusal]/type             str!
{0}[type=message]/content/*[type=refusal]/refusal          str!
{0}[type=function_call]              obj
{0}[type=function_call]/type         str!
{0}[type=function_call]/id           str
{0}[type=function_call]/call_id      str!
{0}[type=function_call]/name         str!
{0}[type=function_call]/namespace    str?
{0}[type=function_call]/arguments    str!
{0}[type=function_call]/status       str  in_progress|completed|incomplete
{0}[type=reasoning]                  obj
{0}[type=reasoning]/type             str!
{0}[type=reasoning]/id               str!
{0}[type=reasoning]/summary          list!
{0}[type=reasoning]/summary/*        obj
{0}[type=reasoning]/content          list?
{0}[type=reasoning]/encrypted_content  str?
{0}[type=reasoning]/status           str?  in_progress|completed|incomplete
{0}[type=custom_tool_call]           obj
{0}[type=web_search_call]            obj
{0}[type=file_search_call]           obj
{0}[type=computer_call]              obj
{0}[type=code_interpreter_call]      obj
{0}[type=image_generation_call]      obj
{0}[type=local_shell_call]           obj
{0}[type=mcp_call]                   obj
{0}[type=mcp_list_tools]             obj
"""
_RESPONSE = """
{0}/id                               str!
{0}/object                           str!  response
{0}/created_at                       num!
{0}/completed_at                     num?
{0}/status                           str  completed|failed|in_progress|cancelled|queued|incomplete
{0}/model                            str!
{0}/error                            obj!?
{0}/error/code                       str!
{0}/error/message                    str!
{0}/incomplete_details               obj!?
{0}/incomplete_details/reason        str  max_output_tokens|content_filter
{0}/instructions                     any
{0}/output                           list!
{0}/output/*                         obj
{0}/output_text                      str?
{0}/parallel_tool_calls              bool
{0}/tool_choice                      str|obj
{0}/tools                            list
{0}/background                       bool?
{0}/billing                          any
{0}/conversation                     any
{0}/frequency_penalty                num?
{0}/max_output_tokens                int?
{0}/max_tool_calls                   int?
{0}/metadata                         obj?
{0}/presence_penalty                 num?
{0}/previous_response_id             str?
{0}/prompt                           any
{0}/prompt_cache_key                 str?
{0}/prompt_cache_retention           str?
{0}/reasoning                        obj?
{0}/safety_identifier                str?
{0}/service_tier                     str?
{0}/store                            bool?
{0}/temperature                      num?
{0}/text                             any
{0}/top_logprobs                     int?
{0}/top_p                            num?
{0}/truncation                       str?  auto|disabled
{0}/user                             str?
{0}/usage                            obj?
{0}/usage/input_tokens               int!
{0}/usage/output_tokens              int!
{0}/usage/total_tokens               int!
{0}/usage/input_tokens_details       obj
{0}/usage/input_tokens_details/cached_tokens      int!
{0}/usage/output_tokens_details      obj
{0}/usage/output_tokens_details/reasoning_tokens  int!
""" + _ITEM.replace("{0}", "{0}/output/*")
_WITH_RESPONSE = ("created", "in_progress", "completed", "failed", "incomplete", "queued")
_DELTAS = {
    "response.output_text.delta": "output_index int! content_index int! item_id str! delta str! logprobs list",
    "response.output_text.done": "output_index int! content_index int! item_id str! text str! logprobs list",
    "response.output_text.annotation.added": "output_index int! content_index int! item_id str! annotation any",
    "response.refusal.delta": "output_index int! content_index int! item_id str! delta str!",
    "response.refusal.done": "output_index int! content_index int! item_id str! refusal str!",
    "response.content_part.added": "output_index int! content_index int! item_id str! part obj!",
    "response.content_part.done": "output_index int! content_index int! item_id str! part obj!",
    "response.function_call_arguments.delta": "output_index int! item_id str! delta str!",
    "response.function_call_arguments.done": "output_index int! item_id str! arguments str! name str",
    "response.reasoning_text.delta": "output_index int! content_index int! item_id str! delta str!",
    "response.reasoning_text.done": "output_index int! content_index int! item_id str! text str!",
    "response.reasoning_summary_text.delta": "output_index int! summary_index int! item_id str! delta str!",
    "response.reasoning_summary_text.done": "output_index int! summary_index int! item_id str! text str!",
    "response.reasoning_summary_part.added": "output_index int! summary_index int! item_id str! part obj!",
    "response.reasoning_summary_part.done": "output_index int! summary_index int! item_id str! part obj!",
}
"""The fields of the events that carry a piece; each has its type and a sequence number besides."""


def _event(kind: str, fields: str) -> str:
    words = fields.split()
    rows = [f"[type={kind}]/{name} {what}" for name, what in zip(words[::2], words[1::2], strict=True)]
    own = [f"[type={kind}] obj", f"[type={kind}]/type str!", f"[type={kind}]/sequence_number int!"]
    return "\n".join([*own, f"[type={kind}]/obfuscation str?", *rows, ""])


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
    return "".join([*whole, *items, *(_event(kind, fields) for kind, fields in _DELTAS.items())])


_REQUEST = """
/model                 str
/input                 str|list
/input/*               obj
/instructions          str|list?
/background            bool?
/conversation          any
/include               list?
/max_output_tokens     int?
/max_tool_calls        int?
/metadata              obj?
/parallel_tool_calls   bool?
/previous_response_id  str?
/prompt                any
/prompt_cache_key      str?
/prompt_cache_retention  str?
/reasoning             obj?
/safety_identifier     str?
/service_tier          str?
/store                 bool?
/stream                bool?
/stream_options        obj?
/temperature           num?
/text                  obj
/tool_choice           str|obj
/tools                 list
/tools/*               obj
/tools/*/type          str!
/top_logprobs          int?
/top_p                 num?
/truncation            str?  auto|disabled
/user                  str?
"""
TABLES = {
    ("response", "json"): _RESPONSE.format(""),
    ("response", "stream"): _events(),
    ("error", "*"): ERROR,
    ("request", "json"): _REQUEST,
}
