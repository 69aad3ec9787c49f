"""Promises of nexdiag.agent.provider.key: the key is where the config says, and is never shown."""

from pathlib import Path

import pytest

from nexdiag.agent.config import EndpointEntry
from nexdiag.agent.provider.key import key_of
from nexdiag.core.errors import UsageError


def entry(**fields: str) -> EndpointEntry:
    return EndpointEntry(url="http://127.0.0.1:8080", **fields)  # type: ignore[arg-type]


def test_a_key_comes_from_where_the_config_says(tmp_path: Path) -> None:
    """`api_key`, else `api_key_file` (beside the config), else `api_key_ref`, else `api_key_env`.

    (reference fault 11)
    """
    (tmp_path / "key").write_text(" from-file\n")
    places = {"api_key": " inline ", "api_key_file": "key", "api_key_ref": "env:REF", "api_key_env": "MY_KEY"}
    environ = {"MY_KEY": "from-variable\n", "REF": "from-reference", "OPENAI_API_KEY": "guessed"}
    wanted = [("inline", None), ("from-file", None), ("from-reference", "REF"), ("from-variable", "MY_KEY"), ("", None)]
    for name, key in zip([*places, ""], wanted, strict=True):
        assert key_of(entry(**places), environ, tmp_path) == key
        places.pop(name, None)


@pytest.mark.parametrize("name", ["api_key", "api_key_file", "api_key_ref", "api_key_env"])
def test_an_empty_place_is_none(name: str) -> None:
    """A line that was left empty names no key; the next place counts."""
    assert key_of(entry(**{name: ""}), {}, None) == ("", None)


def test_a_key_is_never_guessed() -> None:
    """A well-known variable that the config does not name is not looked at, and none is needed (reference fault 10)."""
    assert key_of(entry(), {"OPENAI_API_KEY": "sk-guessed", "ANTHROPIC_API_KEY": "too"}, None) == ("", None)


def test_a_reference_may_hold_the_key() -> None:
    """`plain:` is the key itself, colons and all."""
    assert key_of(entry(api_key_ref="plain:a:b"), {}, None) == ("a:b", None)


@pytest.mark.parametrize(
    "reference", ["pass:work/openai", "op://vault/item", "keyring:nex", "hunter2", "env:", "plain: "]
)
def test_other_references_tell_what_is_supported(reference: str) -> None:
    """A store that is not asked is named; what is no reference may be the key itself, and is not shown."""
    with pytest.raises(UsageError, match="api_key_ref of endpoint 'default'") as refused:
        key_of(entry(api_key_ref=reference), {}, None)
    assert "env:NAME and plain:KEY" in refused.value.hint
    assert "hunter2" not in refused.value.what + refused.value.hint


@pytest.mark.parametrize("environ", [{}, {"MY_KEY": ""}, {"MY_KEY": " \n"}])
@pytest.mark.parametrize("place", [{"api_key_env": "MY_KEY"}, {"api_key_ref": "env:MY_KEY"}])
def test_a_variable_that_is_not_set_is_named(environ: dict[str, str], place: dict[str, str]) -> None:
    """To go on without the key would end in a 401 that tells less."""
    with pytest.raises(UsageError, match="takes its key from MY_KEY, which is not set") as refused:
        key_of(entry(**place), environ, None)
    assert "export MY_KEY" in refused.value.hint


@pytest.mark.parametrize("name", ["missing", "empty", "binary", "./", ".", "nul\0", "~nobody-of-that-name/key"])
def test_a_key_file_that_holds_none_is_named(tmp_path: Path, name: str) -> None:
    """A file that is missing, empty or no text is an error, not an empty key."""
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="key file"):
        key_of(entry(api_key_file=name), {}, tmp_path)


@pytest.mark.parametrize("key", ["se\ncret-key", "sécret-key", "se\x00cret-key", "se\tcret-key"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key: str) -> None:
    """The error names where the key came from, and never the key."""
    for place, environ, named in (
        ({"api_key": key}, {}, "api_key"),
        ({"api_key_ref": f"plain:{key}"}, {}, "api_key_ref"),
        ({"api_key_env": "MY_KEY"}, {"MY_KEY": key}, "MY_KEY"),
    ):
        with pytest.raises(UsageError, match=f"{named}.* holds a character that no HTTP header can carry") as refused:
            key_of(entry(**place), environ, None)
        assert "cret" not in refused.value.what
