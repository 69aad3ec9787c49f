"""What a message on the wire says: the text by which a turn's opening line refers to it instead of repeating it."""

import msgspec

_TYPES = ("text", "input_text")
_USER = b'"user"'


class _Part(msgspec.Struct):
    type: str = ""
    text: str | None = None


class _Message(msgspec.Struct):
    role: str = ""
    content: str | list[_Part] | None = None


_message = msgspec.json.Decoder(_Message)


def said_in(entry: bytes) -> str | None:
    """The text of a user's message that is one text, given the JSON of the message; None for any other entry."""
    if _USER not in entry:
        return None
    try:
        message = _message.decode(entry)
    except (ValueError, RecursionError):
        return None
    if message.role != "user" or message.content is None:
        return None
    if isinstance(message.content, str):
        return message.content
    parts = message.content
    return parts[0].text if len(parts) == 1 and parts[0].type in _TYPES else None
