"""What a template can take, found out as llama.cpp does: it is given small conversations, and watched.

llama.cpp mends messages by what it finds: parts become a text, a system message goes into the next one, the text of
arguments becomes an object. So the same request passes one template and not another.
"""

from typing import Any

from nexdiag.lint.template.outcome import Abilities, Outcome, Rendered
from nexdiag.lint.template.program import Program
from nexdiag.lint.template.watched import Watched, WatchedParts

_MARKER = "STRING_MARKER"
_FUEL = 500_000
_TOOL = {
    "name": "tool",
    "type": "function",
    "function": {
        "name": "tool1",
        "description": "Tool description",
        "parameters": {
            "type": "object",
            "properties": {"arg": {"type": "string", "description": "Arg description"}},
            "required": ["arg"],
        },
    },
}


def abilities_of(program: Program) -> Abilities:
    """Try the template."""
    content = Watched(_MARKER)
    outcome = _tried(program, [{"role": "user", "content": content}])
    parts = content.as_list
    hidden = content.as_list and isinstance(outcome, Rendered) and _MARKER not in outcome.text
    texts = isinstance(outcome, Rendered) and not hidden
    if content.typed:
        listed = WatchedParts()
        passed = isinstance(_tried(program, [{"role": "user", "content": listed}]), Rendered)
        parts = parts or (passed and listed.as_list)
    system = Watched("System message")
    _tried(program, [{"role": "system", "content": system}, {"role": "user", "content": "User message"}])
    argument = Watched("value")
    passed = isinstance(_tried(program, _conversation({"arg": argument}), [_TOOL]), Rendered)
    return Abilities(texts=texts, parts=parts, system=system.used, object_arguments=passed and argument.used)


def _tried(program: Program, messages: list[dict[str, Any]], tools: list[Any] | None = None) -> Outcome:
    variables = {"messages": messages, "tools": tools or [], "bos_token": "", "eos_token": ""}
    return program.render(variables | {"add_generation_prompt": True}, _FUEL)


def _conversation(arguments: object) -> list[dict[str, Any]]:
    call = {"id": "call00001", "type": "function", "function": {"name": "tool1", "arguments": arguments}}
    return [
        {"role": "user", "content": "User message"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "Tool response", "tool_call_id": "call00001"},
        {"role": "assistant", "content": "The tool response was 'tool response'"},
        {"role": "user", "content": "User message"},
    ]
