"""Chat templates of our own, each strict in the manner of a family of models, and shapes of messages to try on them.

The first half of each name says the family whose checks it imitates; the texts are ours.
"""

from typing import Any

ALTERNATES = "Conversation roles must alternate user/assistant/user/assistant/..."
NINE = "Tool call IDs should be alphanumeric strings with length 9!"

PLAIN = """\
{%- for message in messages -%}
  {{- '<|' + message.role + '|>' + (message.content or '') + '\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}
"""
ALTERNATION_STRICT = """\
{{- bos_token -}}
{%- if messages and messages[0].role == 'system' -%}
  {%- set system = messages[0].content -%}{%- set rest = messages[1:] -%}
{%- else -%}{%- set rest = messages -%}{%- endif -%}
{%- for message in rest -%}
  {%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}{{- raise_exception('ALTERNATES') -}}{%- endif -%}
  {{- '[' + message.role + ']' + message.content | trim -}}
{%- endfor -%}
""".replace("ALTERNATES", ALTERNATES)
NO_SYSTEM = """\
{%- if messages[0]['role'] == 'system' -%}{{- raise_exception('System role not supported') -}}{%- endif -%}
{%- for message in messages -%}
  {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}{{- raise_exception('ALTERNATES') -}}{%- endif -%}
  {{- '<turn>' + message['role'] + '\\n' + message['content'] | trim + '\\n' -}}
{%- endfor -%}
""".replace("ALTERNATES", ALTERNATES)
SYSTEM_FIRST = """\
{%- set found = namespace(user=false) -%}
{%- if not messages -%}{{- raise_exception('No messages provided.') -}}{%- endif -%}
{%- for message in messages[::-1] -%}
  {%- if message.role == 'user' and message.content is string -%}{%- set found.user = true -%}{%- endif -%}
{%- endfor -%}
{%- if not found.user -%}{{- raise_exception('No user query found in messages.') -}}{%- endif -%}
{%- for message in messages -%}
  {%- if message.role == 'system' -%}
    {%- if not loop.first -%}{{- raise_exception('System message must be at the beginning.') -}}{%- endif -%}
  {%- elif message.role not in ['user', 'assistant', 'tool'] -%}{{- raise_exception('Unexpected message role.') -}}
  {%- endif -%}
  {{- '<|im_start|>' + message.role + '\\n' + message.content -}}
  {%- for call in message.tool_calls or [] -%}
    {{- '\\n<tool_call>\\n<function=' + call.function.name + '>\\n' -}}
    {%- for name, value in call.function.arguments | items -%}
      {{- '<parameter=' + name + '>\\n' + (value if value is string else value | tojson) + '\\n</parameter>\\n' -}}
    {%- endfor -%}
    {{- '</function>\\n</tool_call>' -}}
  {%- endfor -%}
  {{- '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
"""
NINE_CHARACTERS = """\
{%- set ns = namespace(turn=0) -%}
{%- if messages and messages[0].role == 'system' -%}{%- set rest = messages[1:] -%}
{%- else -%}{%- set rest = messages -%}{%- endif -%}
{%- for message in rest -%}
  {%- if message.role == 'user' or (message.role == 'assistant' and message.tool_calls is not defined) -%}
    {%- if (message.role == 'user') != (ns.turn % 2 == 0) -%}{{- raise_exception('ALTERNATES') -}}{%- endif -%}
    {%- set ns.turn = ns.turn + 1 -%}
  {%- endif -%}
{%- endfor -%}
{{- '<s>' -}}
{%- if tools -%}{{- '[AVAILABLE_TOOLS]' + tools | tojson + '[/AVAILABLE_TOOLS]' -}}{%- endif -%}
{%- for message in rest -%}
  {%- if message.role == 'user' -%}{{- '[INST]' + message.content + '[/INST]' -}}
  {%- elif message.tool_calls is defined -%}
    {%- for call in message.tool_calls -%}
      {%- if call.id is not defined or call.id | length != 9 -%}{{- raise_exception('NINE') -}}{%- endif -%}
      {{- '[CALLS]{"name": "' + call.function.name + '", "arguments": ' + call.function.arguments | tojson -}}
      {{- ', "id": "' + call.id + '"}' -}}
    {%- endfor -%}
    {{- '</s>' -}}
  {%- elif message.role == 'assistant' -%}{{- message.content + '</s>' -}}
  {%- elif message.role == 'tool' -%}{{- '[RESULTS]' + message.content + '[/RESULTS]' -}}
  {%- else -%}{{- raise_exception('Only user, assistant and tool roles are supported, got ' + message.role + '.') -}}
  {%- endif -%}
{%- endfor -%}
""".replace("ALTERNATES", ALTERNATES).replace("NINE", NINE)
CHANNELS = """\
{%- set last = namespace(call=none) -%}
{{- '<|start|>system<|message|>You are a model.<|end|>' -}}
{%- for message in messages -%}
  {%- if message.role == 'assistant' -%}
    {%- if 'content' in message and 'thinking' in message and message.tool_calls -%}
      {{- raise_exception('Cannot pass both content and thinking in an assistant message with tool calls!') -}}
    {%- endif -%}
    {%- if message.tool_calls -%}
      {%- if message.tool_calls | length != 1 -%}{{- raise_exception('One call at a time.') -}}{%- endif -%}
      {%- set last.call = message.tool_calls[0].function.name -%}
      {{- '<|start|>assistant to=functions.' + last.call + '<|channel|>commentary json<|message|>' -}}
      {{- message.tool_calls[0].function.arguments | tojson + '<|call|>' -}}
    {%- else -%}{%- set last.call = none -%}
      {{- '<|start|>assistant<|channel|>final<|message|>' + message.content + '<|end|>' -}}
    {%- endif -%}
  {%- elif message.role == 'tool' -%}
    {%- if last.call is none -%}{{- raise_exception('A tool message without a call before it!') -}}{%- endif -%}
    {{- '<|start|>functions.' + last.call + ' to=assistant<|channel|>commentary<|message|>' -}}
    {{- message.content | tojson + '<|end|>' -}}
  {%- else -%}{{- '<|start|>' + message.role + '<|message|>' + message.content + '<|end|>' -}}{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|start|>assistant' -}}{%- endif -%}
"""
PARTS = """\
{%- for message in messages -%}
  {{- '<|' + message.role + '|>' -}}
  {%- if message.content is string -%}{{- message.content -}}
  {%- else -%}
    {%- for part in message.content -%}
      {%- if part.type == 'text' -%}{{- part.text -}}
      {%- else -%}{{- raise_exception('Unsupported content block') -}}{%- endif -%}
    {%- endfor -%}
  {%- endif -%}
  {{- '\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}
"""
TEMPLATES = {
    "plain": PLAIN,
    "alternation-strict": ALTERNATION_STRICT,
    "no-system": NO_SYSTEM,
    "system-first": SYSTEM_FIRST,
    "nine-characters": NINE_CHARACTERS,
    "channels": CHANNELS,
    "parts": PARTS,
}

Messages = list[dict[str, Any]]
SYSTEM = {"role": "system", "content": "s"}
USER = {"role": "user", "content": "u"}
ASSISTANT = {"role": "assistant", "content": "a"}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "f",
            "description": "d",
            "parameters": {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]},
        },
    }
]


def calls(*ids: str, arguments: object = '{"x": "1"}', **fields: object) -> dict[str, Any]:
    """An assistant's message with a call for each id."""
    made = [{"id": one, "type": "function", "function": {"name": "f", "arguments": arguments}} for one in ids]
    return {"role": "assistant", "content": None, "tool_calls": made, **fields}


def answer(call_id: str = "call00001", content: object = "r") -> dict[str, Any]:
    """A tool message."""
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def _assistant(content: object, **fields: object) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **fields}


LOOP = [USER, calls("call00001"), answer()]
SHAPES: dict[str, tuple[list[Any], bool]] = {
    "user": ([USER], False),
    "system user": ([SYSTEM, USER], False),
    "chat": ([SYSTEM, USER, ASSISTANT, USER], False),
    "user user": ([USER, USER], False),
    "assistant first": ([ASSISTANT, USER], False),
    "system system": ([SYSTEM, SYSTEM, USER], False),
    "system in the middle": ([USER, ASSISTANT, SYSTEM, USER], False),
    "system alone": ([SYSTEM], False),
    "system last": ([USER, SYSTEM], False),
    "assistant assistant": ([USER, ASSISTANT, ASSISTANT, USER], False),
    "assistant last": ([USER, ASSISTANT], False),
    "two assistants last": ([USER, ASSISTANT, ASSISTANT], False),
    "empty user": ([{"role": "user", "content": ""}], False),
    "null user": ([{"role": "user", "content": None}], False),
    "null assistant": ([USER, _assistant(None), USER], False),
    "no messages": ([], False),
    "tools offered": ([USER], True),
    "tool loop": (LOOP, True),
    "tool loop goes on": ([SYSTEM, *LOOP, ASSISTANT, USER], True),
    "tool loop undeclared": (LOOP, False),
    "call with text": ([USER, calls("call00001", content="I call"), answer()], True),
    "user after tool": ([*LOOP, USER], True),
    "parallel": ([USER, calls("call00001", "call00002"), answer(), answer("call00002")], True),
    "two loops": ([*LOOP, ASSISTANT, USER, calls("call00002"), answer("call00002")], True),
    "long id": ([USER, calls("call_0123456789"), answer("call_0123456789")], True),
    "broken arguments": ([USER, calls("call00001", arguments='{"x": '), answer()], True),
    "list arguments": ([USER, calls("call00001", arguments="[1]"), answer()], True),
    "empty arguments": ([USER, calls("call00001", arguments=""), answer()], True),
    "object arguments": ([USER, calls("call00001", arguments={"x": "1"}), answer()], True),
    "orphan": ([USER, answer()], True),
    "orphan first": ([answer(), USER], True),
    "unanswered": ([USER, calls("call00001"), USER], True),
    "calls last": ([USER, calls("call00001")], True),
    "developer": ([{"role": "developer", "content": "d"}, USER], False),
    "developer in the middle": ([USER, ASSISTANT, {"role": "developer", "content": "d"}, USER], False),
    "parts": ([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}], False),
    "parts of a tool": ([*LOOP[:2], answer(content=[{"type": "text", "text": "r"}])], True),
    "no parts": ([{"role": "user", "content": []}], False),
    "reasoning": ([USER, _assistant("a", reasoning_content="t"), USER], False),
    "reasoning and calls": ([USER, calls("call00001", reasoning_content="t"), answer()], True),
    "thinking and content": ([USER, calls("call00001", content="x", thinking="t"), answer()], True),
    "channel tags": ([USER, _assistant("<|channel|>analysis<|message|>t"), USER], False),
    "unknown role": ([USER, {"role": "critic", "content": "c"}, USER], False),
    "image": ([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}], False),
    "content missing": ([{"role": "user"}], False),
    "content a number": ([{"role": "user", "content": 3}], False),
    "type of a call missing": (
        [USER, {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "function": {"name": "f"}}]}, answer()],
        True,
    ),
}
"""Messages, and whether tools are offered."""

NOT_A_REFUSAL = "does not match the expected"
"""llama.cpp's 500 to what the model wrote, which of random weights is random."""


def request(messages: list[Any], *, tooled: bool) -> dict[str, Any]:
    """The request that asks a server about a shape; one token is enough."""
    return {"model": "m", "messages": messages, "max_tokens": 1} | ({"tools": TOOLS} if tooled else {})
