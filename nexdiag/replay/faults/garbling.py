"""JSON that is broken as it breaks in life. Pure.

brace   the last brace is missing                      a writer that miscounted
half    it stops halfway, and the event ends           a buffer that was full
bytes   bytes in a text that are no UTF-8              a character that was cut in two by a proxy or a tokenizer
"""

import re

NO_UTF8 = b"\xc3\x28\xff"
"""Half a character, and a byte that no character has."""
_TEXT = re.compile(rb'"(?:content|delta|text|arguments|partial_json|thinking)"\s*:\s*"')
"""Behind this stands what the model said."""
_ANY = re.compile(rb'"\s*:\s*"')


def can(block: bytes) -> bool:
    """Whether a block holds an object."""
    return 0 <= block.find(b"{") < block.rfind(b"}")


def garbled(block: bytes, way: str) -> bytes:
    """The block with its object broken in one of `codec.fault.WAYS`."""
    first, last = block.find(b"{"), block.rfind(b"}")
    if way == "brace":
        return block[:last] + block[last + 1 :]
    if way == "half":
        return block[: (first + last + 1) // 2] + block[last + 1 :]
    text = _TEXT.search(block, first, last) or _ANY.search(block, first, last)
    place = text.end() if text is not None else first + 1
    return block[:place] + NO_UTF8 + block[place:]
