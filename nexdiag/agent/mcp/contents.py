"""What an MCP tool gave back → text for the model. Pure; reads the wire's own shapes, whatever is in them."""

from typing import Any

from nexdiag.agent.tools.output import head_tail, utf8
from nexdiag.codec import jsontext

CAP = 16_000
"""Characters, as for what is fetched from the web."""


def as_text(blocks: object, structured: object = None) -> str:
    """The text of the blocks, in their order; of what is no text, what it is and how much."""
    parts = [_block(block) for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    text = "\n".join(part for part in parts if part)
    if not text and structured is not None:
        try:
            text = jsontext.write(structured).decode()
        except (ValueError, TypeError):
            text = ""
    return head_tail(utf8(text), CAP) or "(no output)"


def _block(block: dict[str, Any]) -> str:
    match block.get("type"):
        case "text":
            return _text(block.get("text"))
        case "image" | "audio" as kind:
            form = _text(block.get("mimeType")) or "of an unknown type"
            return f"[{kind} {form}, {_size(block.get('data'))}, not shown]"
        case "resource":
            return _resource(block.get("resource"))
        case "resource_link":
            about = [_text(block.get(key)) for key in ("name", "uri", "description")]
            return f"[resource link: {', '.join(word for word in about if word)}]"
    return f"[{_text(block.get('type')) or 'something'}, not shown]"


def _resource(resource: object) -> str:
    if not isinstance(resource, dict):
        return "[resource, not shown]"
    uri, text = _text(resource.get("uri")) or "without an address", resource.get("text")
    if isinstance(text, str):
        return f"[resource {uri}]\n{text}"
    kind = _text(resource.get("mimeType")) or "of an unknown type"
    return f"[resource {uri}, {kind}, {_size(resource.get('blob'))}, not shown]"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _size(base64: object) -> str:
    """How many bytes the base64 text stands for."""
    return f"{len(base64.rstrip('=')) * 3 // 4 if isinstance(base64, str) else 0} bytes"
