"""The top level of a request body: what is asked for is decoded, once, and nothing else is."""

from collections.abc import Iterator
from typing import Any

from nexdiag.codec import jsontext
from nexdiag.core.body import Body, Link


class Fields:
    """The top level of a request body: a value is decoded when it is asked for, once."""

    def __init__(self, body: Body | None) -> None:
        """Look at a body; None if there is none."""
        self._texts: dict[str, bytes | Link] = {}
        self._values: dict[str, Any] = {}
        if body is None:
            return
        if body.raw is None:
            self._texts = {key: field.value for field in body.fields if isinstance(key := _json(field.key), str)}
        else:
            value = _json(body.raw)
            self._values = value if isinstance(value, dict) else {}

    @classmethod
    def of(cls, value: object) -> "Fields":
        """The fields of a JSON value, or of the text of one."""
        if isinstance(value, str | bytes):
            value = _json(value)
        fields = cls(None)
        fields._values = value if isinstance(value, dict) else {}
        return fields

    def __contains__(self, key: str) -> bool:
        """Whether the body has such a field, null or not."""
        return key in self._values or key in self._texts

    def __iter__(self) -> Iterator[str]:
        """The names of all fields."""
        yield from self._texts or self._values

    def get(self, key: str) -> Any:  # noqa: ANN401 - JSON is anything
        """The value of a field; None if there is none."""
        if key not in self._values and key in self._texts:
            text = self._texts[key]
            self._values[key] = [_json(link.raw) for link in text.chain()] if isinstance(text, Link) else _json(text)
        return self._values.get(key)

    def holds_list(self, key: str) -> bool:
        """Whether the value of a field is a list; one that is kept as links is not decoded for it."""
        return isinstance(self._texts.get(key), Link) or isinstance(self.get(key), list)

    def last_link(self, key: str) -> Link | None:
        """The last link of the list under `key`; links are made where the body kept none."""
        text = self._texts.get(key)
        if isinstance(text, Link):
            return text
        entries = self.get(key)
        last: Link | None = None
        for entry in entries if isinstance(entries, list) else ():
            last = Link(_text_of(entry), last)
        return last

    def entries(self, key: str) -> list[Any]:
        """The entries of a list of a body that came as a value: nothing is written or hashed for them."""
        value = self.get(key)
        return value if isinstance(value, list) else []


def _json(text: bytes | str) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        return jsontext.read(text)
    except ValueError:
        return None


def _text_of(value: object) -> bytes:
    try:
        return jsontext.write(value)
    except ValueError:
        return b"null"
