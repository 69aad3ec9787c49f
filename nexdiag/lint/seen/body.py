"""An answer that is one JSON value → Told, on all three wires.

Law: reading never raises; whose answer it is, its fields say, and not the address that was asked.
"""

from typing import Any

from nexdiag.codec import jsontext
from nexdiag.lint.seen.told import CallTold, Told, finish_of, usage_of

_REASONING = ("reasoning_content", "reasoning")


def read_body(value: object) -> Told:
    """What a body told; an error too, and nothing where it is none of ours."""
    told = Told()
    if not isinstance(value, dict):
        return told
    if "choices" in value:
        _chat(value, told)
    elif isinstance(value.get("output"), list) or value.get("object") == "response":
        _responses(value, told)
    elif isinstance(value.get("content"), list) and (value.get("type") == "message" or "stop_reason" in value):
        _anthropic(value, told)
    error = value.get("error")
    if error:
        told.error = error
    elif not told.error and ("error" in (value.get("object"), value.get("type")) or _detailed(value, told)):
        told.error = value
    return told


def _detailed(value: dict[str, Any], told: Told) -> bool:
    """FastAPI tells an error so."""
    return not told.shape and "detail" in value


def read_output(output: object, told: Told) -> None:
    """The items of a response."""
    texts: list[str] = []
    calls: list[CallTold] = []
    for item in output if isinstance(output, list) else ():
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "message":
            texts += _texts(item.get("content"), told)
        elif kind == "function_call":
            calls.append(_call(item.get("call_id"), item, len(calls), told))
        elif kind == "reasoning":
            thoughts = item.get("content") or item.get("summary")
            told.reasoning += "".join(_texts(thoughts, told))
    told.text, told.calls = "".join(texts), tuple(calls)


def read_delta(message: dict[str, Any], told: Told, at: int = 0) -> tuple[str, str]:
    """Text and thinking of a message, or of a piece of one."""
    content = message.get("content")
    text = content if isinstance(content, str) else ""
    thought = ""
    if isinstance(content, list):
        told.parts = True
        text = "".join(_texts(content, told))
        thought = "".join(part["thinking"] for part in content if _has_text(part, "thinking"))
    elif content is not None and not isinstance(content, str):
        told.strange("content", at, content)
    for name in _REASONING:
        said = message.get(name)
        if isinstance(said, str) and said:
            return text, thought + said
    return text, thought


def text_of(value: object) -> str:
    """Arguments as text; of an object its JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return jsontext.write(value).decode()
    except ValueError:
        return ""


def _chat(value: dict[str, Any], told: Told) -> None:
    told.shape = "chat"
    told.usage = usage_of(value.get("usage"))
    choices = value.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else None
    if choice is None:
        told.strange("choices", 0, choices)
        return
    told.finish = finish_of(choice.get("finish_reason"))
    if choice.get("error"):
        told.error = choice["error"]
    message = choice.get("message")
    if not isinstance(message, dict):
        told.strange("message", 0, choice)
        return
    told.text, told.reasoning = read_delta(message, told)
    if not told.text and isinstance(message.get("refusal"), str):
        told.text = message["refusal"]
    entries = message.get("tool_calls")
    if isinstance(entries, dict):
        told.strange("calls", 0, entries)
        entries = [entries]
    calls: list[CallTold] = []
    for entry in entries if isinstance(entries, list) else ():
        function = entry.get("function") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and isinstance(function, dict):
            calls.append(_call(entry.get("id"), function, len(calls), told))
        else:
            told.strange("calls", 0, entry)
    if not calls and isinstance(message.get("function_call"), dict):  # the form before tool_calls: one, without an id
        calls.append(_call("-", message["function_call"], 0, told))
    told.calls = tuple(calls)


def _call(call_id: object, function: dict[str, Any], place: int, told: Told) -> CallTold:
    arguments, name = function.get("arguments"), function.get("name")
    if not isinstance(arguments, str):
        told.strange("arguments", place, arguments, name if isinstance(name, str) else "")
    if not isinstance(name, str) or not name:
        told.strange("name", place, function)
    if not isinstance(call_id, str) or not call_id:
        told.strange("id", place, function)
    return CallTold(
        index=place,
        id=call_id if isinstance(call_id, str) else "",
        name=name if isinstance(name, str) else "",
        arguments=text_of(arguments),
    )


def _responses(value: dict[str, Any], told: Told) -> None:
    told.shape = "responses"
    read_output(value.get("output"), told)
    end_response(value, told)


def end_response(value: dict[str, Any], told: Told) -> None:
    """How a response ended, and what it cost."""
    told.usage = usage_of(value.get("usage"))
    status, details = value.get("status"), value.get("incomplete_details")
    if status == "completed":
        told.finish = "tool_calls" if told.calls else "stop"
    elif status == "incomplete":
        reason = details.get("reason") if isinstance(details, dict) else None
        told.finish = finish_of(reason) or "length"
    elif status == "failed":
        told.error = told.error or value.get("error") or {"message": "the response failed"}


def _anthropic(value: dict[str, Any], told: Told) -> None:
    told.shape = "anthropic"
    told.usage = usage_of(value.get("usage"))
    told.finish = finish_of(value.get("stop_reason"))
    texts: list[str] = []
    calls: list[CallTold] = []
    for block in value["content"]:
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "text" and isinstance(block.get("text"), str):
            texts.append(block["text"])
        elif kind == "thinking" and isinstance(block.get("thinking"), str):
            told.reasoning += block["thinking"]
        elif kind == "tool_use":
            calls.append(read_block(block, len(calls), told))
    told.text, told.calls = "\n".join(texts), tuple(calls)


def read_block(block: dict[str, Any], place: int, told: Told) -> CallTold:
    """A call of the Messages wire, where the input is an object."""
    name, wanted = block.get("name"), block.get("input")
    if not isinstance(wanted, dict):
        told.strange("input", place, wanted, name if isinstance(name, str) else "")
    call_id = block.get("id")
    return CallTold(
        index=place,
        id=call_id if isinstance(call_id, str) else "",
        name=name if isinstance(name, str) else "",
        arguments=text_of(wanted),
    )


def _texts(parts: object, told: Told) -> list[str]:
    if isinstance(parts, str):
        return [parts]
    texts = []
    for part in parts if isinstance(parts, list) else ():
        if _has_text(part, "text"):
            texts.append(part["text"])
        elif _has_text(part, "refusal"):
            texts.append(part["refusal"])
        elif not isinstance(part, dict):
            told.strange("content", 0, part)
    return texts


def _has_text(part: object, name: str) -> bool:
    return isinstance(part, dict) and isinstance(part.get(name), str)
