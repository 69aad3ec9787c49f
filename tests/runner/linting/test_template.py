"""Where a chat template is read from."""

import json
from pathlib import Path

import httpx
import pytest

from nexdiag.core.errors import EndpointError, UsageError
from nexdiag.endpoint import llama
from nexdiag.endpoint.tiny_model import STRICT_TEMPLATE
from nexdiag.lint.template.outcome import Abilities
from nexdiag.runner.linting.template import read_template

TOKENS = {"bos_token": {"content": "<s>", "lstrip": False}, "eos_token": "</s>"}


def config(place: Path, value: object, name: str = "tokenizer_config.json") -> str:
    path = place / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return str(path)


def served(status: int, body: object, **headers: str) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(status, json=body, headers=headers))


def test_a_file_is_a_template(tmp_path: Path) -> None:
    """As it is, with the tokens of the configuration beside it if it is a model's."""
    path = tmp_path / "chat_template.jinja"
    path.write_text("{{ é }}", encoding="utf-8")
    assert read_template(str(path)).text == "{{ é }}"
    config(tmp_path, TOKENS)
    found = read_template(str(path))
    assert (found.bos_token, found.eos_token, found.name) == ("<s>", "</s>", str(path))


@pytest.mark.parametrize(
    ("value", "text", "tooled"),
    [
        ("T", "T", ""),
        ([{"name": "default", "template": "T"}, {"name": "tool_use", "template": "U"}], "T", "U"),
        ([{"name": "rag", "template": "R"}, None, {"name": "x"}], "R", ""),
    ],
)
def test_a_configuration_carries_it(tmp_path: Path, value: object, text: str, tooled: str) -> None:
    """One, or several by name; a directory stands for the configuration in it."""
    path = config(tmp_path, TOKENS | {"chat_template": value})
    found = read_template(path)
    assert (found.text, found.tool_text, found.bos_token, found.eos_token) == (text, tooled, "<s>", "</s>")
    assert read_template(str(tmp_path)) == found


def test_a_configuration_without_one_has_it_beside(tmp_path: Path) -> None:
    """As newer models do."""
    path = config(tmp_path, TOKENS)
    (tmp_path / "chat_template.jinja").write_text("B", encoding="utf-8")
    assert (read_template(path).text, read_template(path).bos_token) == ("B", "<s>")


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("gone.jinja", None, "cannot be read"),
        ("binary.jinja", b"\xff\xfe\x00", "no UTF-8 text"),
        ("tokenizer_config.json", b"{", "no JSON"),
        ("tokenizer_config.json", b"[]", "no JSON object"),
        ("tokenizer_config.json", b"{}", "has no chat_template"),
        ("tokenizer_config.json", b'{"chat_template": [{"name": "a"}]}', "has no chat_template"),
    ],
)
def test_what_gives_none_is_an_error_of_use(tmp_path: Path, name: str, raw: bytes | None, said: str) -> None:
    """With what was found, and a hint."""
    if raw is not None:
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(UsageError, match=said) as caught:
        read_template(str(tmp_path / name))
    assert caught.value.hint


@pytest.mark.parametrize(
    "where", ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/props", "http://h:1/v1/?a=b"]
)
def test_a_server_is_asked_for_its_properties(where: str) -> None:
    """Once, at one address, however the user writes it."""
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={"chat_template": "T", "bos_token": "<s>", "chat_template_tool_use": "U"})

    found = read_template(where, transport=httpx.MockTransport(handle))
    assert (found.text, found.tool_text, found.bos_token, found.abilities) == ("T", "U", "<s>", None)
    assert asked == ["http://h:1/props"]


@pytest.mark.parametrize(
    ("transport", "said"),
    [
        (served(404, {}), "answered 404"),
        (served(302, {}, location="http://elsewhere/props"), "answered 302"),
        (served(200, {"model": "m"}), "tells no chat_template"),
        (served(200, ["T"]), "tells no chat_template"),
        (httpx.MockTransport(lambda _: httpx.Response(200, content=b"\xff")), "tells no chat_template"),
    ],
)
def test_a_server_that_tells_none_is_named(transport: httpx.MockTransport, said: str) -> None:
    """And is not followed elsewhere."""
    with pytest.raises(EndpointError, match=said):
        read_template("http://h:1", transport=transport)


def test_a_server_that_is_away_is_named() -> None:
    """In one line."""
    with pytest.raises(EndpointError, match=r"http://127\.0\.0\.1:9/props cannot be asked"):
        read_template("http://127.0.0.1:9")
    with pytest.raises(UsageError, match="is no URL"):
        read_template("http://[::")


@pytest.mark.real
def test_a_real_llama_cpp_tells_its_template() -> None:
    """With its tokens, and what it found that the template can take."""
    with llama.running() as base_url:
        found = read_template(f"{base_url}/v1")
    assert found.text.strip() == STRICT_TEMPLATE.strip()
    assert found.eos_token
    assert isinstance(found.abilities, Abilities)
