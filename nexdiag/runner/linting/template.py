"""Where a chat template is read from: a file of Jinja, a model's tokenizer_config.json, or a llama.cpp that runs.

Nothing is compiled or rendered here. A server is asked once, follows no redirect, and is not waited for long.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.errors import EndpointError, UsageError
from nexdiag.lint.template.outcome import Abilities, TemplateText, manner_of

if TYPE_CHECKING:
    from nexdiag.lint.template.chat_template import ChatTemplate

_WAIT = 10.0
_LARGEST = 32_000_000
"""Bytes of a file or an answer: a tokenizer_config.json lists every added token."""
_CONFIG, _BESIDE = "tokenizer_config.json", "chat_template.jinja"
_WANTED = "wanted a Jinja file, a tokenizer_config.json, or the URL of a llama.cpp server"
_TOLD = {
    "texts": "supports_string_content",
    "parts": "supports_typed_content",
    "system": "supports_system_role",
    "object_arguments": "supports_object_arguments",
}


class Templates:
    """One template in the hands of each kind of server, compiled when first wanted."""

    def __init__(self, source: TemplateText) -> None:
        """Raise UsageError, now, for what is no template."""
        self._source = source
        self._made: dict[str, ChatTemplate] = {}
        self.for_profile("llama.cpp")

    def for_profile(self, name: str) -> "ChatTemplate":
        """The template as a server of that profile renders it."""
        from nexdiag.lint.template.chat_template import ChatTemplate  # noqa: PLC0415 - it brings jinja2

        manner = manner_of(name)
        if manner not in self._made:
            self._made[manner] = ChatTemplate(self._source, manner)
        return self._made[manner]


def read_template(where: str, *, transport: httpx.BaseTransport | None = None) -> TemplateText:
    """The template at a path or a URL.

    A directory stands for the model's files in it; of a URL, `/v1` and `/props` may be there or not. Raises UsageError
    for a file, EndpointError for a server that gives none.
    """
    if where.startswith(("http://", "https://")):
        return _of_server(where, transport)
    path = Path(where)
    if path.is_dir():
        path = next((path / name for name in (_CONFIG, _BESIDE) if (path / name).is_file()), path / _CONFIG)
    text = _read(path)
    if path.suffix == ".json":
        return _of_config(path, _object(text, path))
    beside = path.with_name(_CONFIG)
    tokens = _object(_read(beside), beside) if path.name == _BESIDE and beside.is_file() else {}
    return _made(text, path, tokens)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint=_WANTED) from error
    if len(raw) > _LARGEST:
        raise UsageError(f"{path} has more than {_LARGEST // 1_000_000} MB: no chat template is so long", hint=_WANTED)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no UTF-8 text", hint=_WANTED) from None


def _object(text: str, path: Path) -> dict[str, Any]:
    try:
        value = jsontext.read(text)
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}", hint=_WANTED) from None
    if not isinstance(value, dict):
        raise UsageError(f"{path} holds no JSON object", hint=_WANTED)
    return value


def _of_config(path: Path, config: dict[str, Any]) -> TemplateText:
    """The template that a model's configuration carries, or the one beside it."""
    found, beside = config.get("chat_template"), path.with_name(_BESIDE)
    if isinstance(found, str):
        return _made(found, path, config)
    if isinstance(found, list):
        named = {
            entry.get("name"): entry["template"]
            for entry in found
            if isinstance(entry, dict) and isinstance(entry.get("template"), str)
        }
        if named:
            text = named.get("default") or next(iter(named.values()))
            return _made(text, path, config, tool_text=named.get("tool_use", ""))
    if beside.is_file():
        return _made(_read(beside), beside, config)
    hint = f"newer models keep it in {_BESIDE}, beside this file; a base model has none"
    raise UsageError(f"{path} has no chat_template", hint=hint)


def _made(
    text: str,
    name: Path | str,
    tokens: dict[str, Any],
    *,
    tool_text: str = "",
    abilities: Abilities | None = None,
) -> TemplateText:
    bos, eos = (_token(tokens.get(key)) for key in ("bos_token", "eos_token"))
    return TemplateText(
        text=text, tool_text=tool_text, bos_token=bos, eos_token=eos, name=str(name), abilities=abilities
    )


def _token(token: object) -> str:
    """A token as text, or with its flags."""
    token = token.get("content") if isinstance(token, dict) else token
    return token if isinstance(token, str) else ""


def _of_server(where: str, transport: httpx.BaseTransport | None) -> TemplateText:
    url = (
        where.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0].rstrip("/").removesuffix("/props").removesuffix("/v1")
        + "/props"
    )
    hint = "a llama.cpp server tells its template at /props; of another, give the model's tokenizer_config.json"
    try:
        status, raw = _asked(url, transport)
    except httpx.InvalidURL as error:
        raise UsageError(f"{where} is no URL: {error}", hint=_WANTED) from None
    except httpx.HTTPError as error:
        raise EndpointError(f"{url} cannot be asked: {error or type(error).__name__}", hint=hint) from error
    if not httpx.codes.is_success(status):
        raise EndpointError(f"{url} answered {status}, wanted 200", hint=hint)
    try:
        props = jsontext.read(raw)
    except ValueError:
        props = None
    text = props.get("chat_template") if isinstance(props, dict) else None
    if not isinstance(props, dict) or not isinstance(text, str) or not text:
        raise EndpointError(f"{url} tells no chat_template", hint=hint)
    tooled = props.get("chat_template_tool_use")
    told = _abilities(props.get("chat_template_caps"))
    return _made(text, url, props, tool_text=tooled if isinstance(tooled, str) else "", abilities=told)


def _asked(url: str, transport: httpx.BaseTransport | None) -> tuple[int, bytes]:
    """Status and body of one GET; a redirect is an answer like any other, and goes nowhere."""
    raw = b""
    with (
        httpx.Client(timeout=_WAIT, follow_redirects=False, transport=transport) as client,
        client.stream("GET", url) as response,
    ):
        for chunk in response.iter_bytes():
            raw += chunk
            if len(raw) > _LARGEST:
                raise httpx.DecodingError("the answer does not end")
    return response.status_code, raw


def _abilities(told: object) -> Abilities | None:
    """What the server says that its template can take; None where it does not say all of it."""
    if not isinstance(told, dict):
        return None
    found = {ours: told.get(theirs) for ours, theirs in _TOLD.items()}
    return msgspec.convert(found, Abilities) if all(isinstance(one, bool) for one in found.values()) else None
