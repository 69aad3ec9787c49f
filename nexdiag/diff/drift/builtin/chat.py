"""Chat completions, as the types of OpenAI's Python SDK 3.54 have them (`openai.types.chat`, `openai.types.shared`).

A test walks those types and holds these tables equal, but for what it lists with a reason. Errors are in no type:
they are as OpenAI's guide to error codes has them. `reasoning_content`, `reasoning` and `thinking` are none of that
shape; nex reads the first two.
"""

_USAGE = """
{0}/usage                                       obj?
{0}/usage/prompt_tokens                         int!
{0}/usage/completion_tokens                     int!
{0}/usage/total_tokens                          int!
{0}/usage/prompt_tokens_details                 obj?
{0}/usage/prompt_tokens_details/cached_tokens   int?
{0}/usage/prompt_tokens_details/audio_tokens    int?
{0}/usage/prompt_tokens_details/cache_write_tokens  int?
{0}/usage/prompt_tokens_details/image_tokens    int?
{0}/usage/prompt_tokens_details/text_tokens     int?
{0}/usage/completion_tokens_details             obj?
{0}/usage/completion_tokens_details/reasoning_tokens            int?
{0}/usage/completion_tokens_details/audio_tokens                int?
{0}/usage/completion_tokens_details/text_tokens                 int?
{0}/usage/completion_tokens_details/accepted_prediction_tokens  int?
{0}/usage/completion_tokens_details/rejected_prediction_tokens  int?
"""
_WHOLE = """
/id                                  str!
/object                              str!  chat.completion
/created                             int!
/model                               str!
/service_tier                        str?  auto|default|fast|flex|priority|scale...
/system_fingerprint                  str?
/metadata                            obj?
/moderation                          obj?
/choices                             list!
/choices/*                           obj
/choices/*/index                     int!
/choices/*/finish_reason             str!  stop|length|tool_calls|content_filter|function_call
/choices/*/logprobs                  obj?
/choices/*/message                   obj!
/choices/*/message/role              str!  assistant
/choices/*/message/content           str?
/choices/*/message/refusal           str?
/choices/*/message/annotations       list?
/choices/*/message/audio             obj?
/choices/*/message/function_call     obj?
/choices/*/message/tool_calls        list?
/choices/*/message/tool_calls/*      obj
/choices/*/message/tool_calls/*/id   str!
/choices/*/message/tool_calls/*/type             str!  function|custom
/choices/*/message/tool_calls/*/custom           obj
/choices/*/message/tool_calls/*/function         obj
/choices/*/message/tool_calls/*/function/name       str!
/choices/*/message/tool_calls/*/function/arguments  str!
"""
_CHUNK = """
[object=chat.completion.chunk]       obj
{0}/id                               str!
{0}/object                           str!  chat.completion.chunk
{0}/created                          int!
{0}/model                            str!
{0}/service_tier                     str?  auto|default|fast|flex|priority|scale...
{0}/moderation                       obj?
{0}/obfuscation                      str?
{0}/system_fingerprint               str?
{0}/choices                          list!
{0}/choices/*                        obj
{0}/choices/*/index                  int!
{0}/choices/*/finish_reason          str?  stop|length|tool_calls|content_filter|function_call
{0}/choices/*/logprobs               obj?
{0}/choices/*/delta                  obj!
{0}/choices/*/delta/role             str?  assistant|developer|system|user|tool
{0}/choices/*/delta/content          str?
{0}/choices/*/delta/refusal          str?
{0}/choices/*/delta/function_call    obj?
{0}/choices/*/delta/audio            obj?
{0}/choices/*/delta/tool_calls       list?
{0}/choices/*/delta/tool_calls/*     obj
{0}/choices/*/delta/tool_calls/*/index               int!
{0}/choices/*/delta/tool_calls/*/id                  str?
{0}/choices/*/delta/tool_calls/*/type                str?  function
{0}/choices/*/delta/tool_calls/*/function            obj?
{0}/choices/*/delta/tool_calls/*/function/name       str?
{0}/choices/*/delta/tool_calls/*/function/arguments  str?
"""
_CHUNK_AT = "[object=chat.completion.chunk]"
ERROR = """
/error               obj!
/error/message       str!
/error/type          str?
/error/param         any
/error/code          any
"""
_REQUEST = """
/model                               str!
/messages                            list!
/messages/*                          obj
/messages/*[role=system]             obj
/messages/*[role=system]/role        str!
/messages/*[role=system]/content     str|list!
/messages/*[role=system]/name        str
/messages/*[role=developer]          obj
/messages/*[role=developer]/role     str!
/messages/*[role=developer]/content  str|list!
/messages/*[role=developer]/name     str
/messages/*[role=user]               obj
/messages/*[role=user]/role          str!
/messages/*[role=user]/content       str|list!
/messages/*[role=user]/name          str
/messages/*[role=assistant]          obj
/messages/*[role=assistant]/role     str!
/messages/*[role=assistant]/content  str|list?
/messages/*[role=assistant]/refusal  str?
/messages/*[role=assistant]/name     str
/messages/*[role=assistant]/audio    obj?
/messages/*[role=assistant]/function_call        obj?
/messages/*[role=assistant]/tool_calls           list
/messages/*[role=assistant]/tool_calls/*         obj
/messages/*[role=assistant]/tool_calls/*/id      str!
/messages/*[role=assistant]/tool_calls/*/type    str!  function|custom
/messages/*[role=assistant]/tool_calls/*/custom  obj
/messages/*[role=assistant]/tool_calls/*/function            obj
/messages/*[role=assistant]/tool_calls/*/function/name       str!
/messages/*[role=assistant]/tool_calls/*/function/arguments  str!
/messages/*[role=tool]               obj
/messages/*[role=tool]/role          str!
/messages/*[role=tool]/content       str|list!
/messages/*[role=tool]/tool_call_id  str!
/messages/*[role=function]           obj
/audio                               obj?
/frequency_penalty                   num?
/function_call                       str|obj  none|auto
/functions                           list
/logit_bias                          obj?
/logprobs                            bool?
/max_completion_tokens               int?
/max_tokens                          int?
/metadata                            obj?
/modalities                          list?
/moderation                          obj?
/n                                   int?
/parallel_tool_calls                 bool
/prediction                          obj?
/presence_penalty                    num?
/prompt_cache_key                    str?
/prompt_cache_options                obj
/prompt_cache_retention              str?  in_memory|24h
/reasoning_effort                    str?  none|minimal|low|medium|high|xhigh|max
/response_format                     obj
/response_format/type                str!  text|json_object|json_schema
/response_format/json_schema         obj
/safety_identifier                   str?
/seed                                int?
/service_tier                        str?  auto|default|fast|flex|priority|scale...
/stop                                str|list?
/store                               bool?
/stream                              bool?
/stream_options                      obj?
/temperature                         num?
/tool_choice                         str|obj  none|auto|required
/tools                               list
/tools/*                             obj
/tools/*/type                        str!  function|custom
/tools/*/custom                      obj
/tools/*/function                    obj
/tools/*/function/name               str!
/tools/*/function/description        str
/tools/*/function/parameters         obj
/tools/*/function/strict             bool?
/top_logprobs                        int?
/top_p                               num?
/user                                str
/verbosity                           str?  low|medium|high
/web_search_options                  obj
"""
TABLES = {
    ("response", "json"): _WHOLE + _USAGE.format(""),
    ("response", "stream"): (_CHUNK + _USAGE).format(_CHUNK_AT),
    ("error", "*"): ERROR,
    ("request", "json"): _REQUEST,
}
