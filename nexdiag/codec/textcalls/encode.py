"""Calls → a text, as each family of models writes them: for stubs, and for the proof that `recover` reads them."""

from collections.abc import Callable, Sequence

from nexdiag.codec import jsontext
from nexdiag.core.message import ToolCall


def encode(calls: Sequence[ToolCall], form: str) -> str:
    """Write the calls in one of `FORMATS`; arguments that are a JSON object."""
    return FORMATS[form](calls)


def _object(call: ToolCall, arguments: str = "arguments") -> str:
    return f'{{"name": {_quoted(call.name)}, "{arguments}": {call.arguments or "{}"}}}'


def _quoted(text: str) -> str:
    return jsontext.write(text).decode()


def _hermes(calls: Sequence[ToolCall]) -> str:
    return "\n".join(f"<tool_call>\n{_object(call)}\n</tool_call>" for call in calls)


def _function(calls: Sequence[ToolCall]) -> str:
    return "".join(f"<function={call.name}>{call.arguments or '{}'}</function>" for call in calls)


def _mistral_list(calls: Sequence[ToolCall]) -> str:
    return f"[TOOL_CALLS][{', '.join(_object(call) for call in calls)}]"


def _mistral(calls: Sequence[ToolCall]) -> str:
    return "".join(f"[TOOL_CALLS]{call.name}[ARGS]{call.arguments or '{}'}" for call in calls)


def _llama(calls: Sequence[ToolCall]) -> str:
    return "<|python_tag|>" + "; ".join(_object(call, "parameters") for call in calls)


def _bare(calls: Sequence[ToolCall]) -> str:
    objects = [_object(call, "parameters") for call in calls]
    return objects[0] if len(objects) == 1 else f"[{', '.join(objects)}]"


def _granite(calls: Sequence[ToolCall]) -> str:
    return f"<|tool_call|>[{', '.join(_object(call) for call in calls)}]"


def _deepseek(calls: Sequence[ToolCall]) -> str:
    each = (
        f"<｜tool▁call▁begin｜>{call.name}<｜tool▁sep｜>{call.arguments or '{}'}<｜tool▁call▁end｜>" for call in calls
    )
    return f"<｜tool▁calls▁begin｜>{''.join(each)}<｜tool▁calls▁end｜>"


def _kimi(calls: Sequence[ToolCall]) -> str:
    each = "".join(
        f"<|tool_call_begin|>functions.{call.name}:{place}<|tool_call_argument_begin|>{call.arguments or '{}'}"
        "<|tool_call_end|>"
        for place, call in enumerate(calls)
    )
    return f"<|tool_calls_section_begin|>{each}<|tool_calls_section_end|>"


def _parameters(call: ToolCall, head: str, tail: str) -> str:
    values = jsontext.read(call.arguments or "{}")
    return "".join(
        head.format(name) + (value if isinstance(value, str) else jsontext.write(value).decode()) + tail
        for name, value in (values.items() if isinstance(values, dict) else ())
    )


def _qwen(calls: Sequence[ToolCall]) -> str:
    return "\n".join(_qwen_call(call, _parameters(call, "<parameter={}>\n", "\n</parameter>\n")) for call in calls)


def _qwen_call(call: ToolCall, parameters: str) -> str:
    return f"<tool_call>\n<function={call.name}>\n{parameters}</function>\n</tool_call>"


def _invoke(calls: Sequence[ToolCall]) -> str:
    each = "".join(
        f'<invoke name="{call.name}">\n' + _parameters(call, '<parameter name="{}">', "</parameter>\n") + "</invoke>\n"
        for call in calls
    )
    return f"<function_calls>\n{each}</function_calls>"


def _glm(calls: Sequence[ToolCall]) -> str:
    pair = "<arg_key>{}</arg_key>\n<arg_value>"
    return "\n".join(
        f"<tool_call>{call.name}\n" + _parameters(call, pair, "</arg_value>\n") + "</tool_call>" for call in calls
    )


FORMATS: dict[str, Callable[[Sequence[ToolCall]], str]] = {
    "hermes": _hermes,
    "qwen": _qwen,
    "function": _function,
    "mistral": _mistral,
    "mistral-list": _mistral_list,
    "llama": _llama,
    "bare": _bare,
    "granite": _granite,
    "deepseek": _deepseek,
    "kimi": _kimi,
    "invoke": _invoke,
    "glm": _glm,
}
"""How the families write their calls, by name."""
AS_TEXT = ("qwen", "invoke", "glm")
"""Those that write each value as plain text."""
