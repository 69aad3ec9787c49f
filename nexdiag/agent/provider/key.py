"""The key of an endpoint. Strict: what the config names, in its order, and never a guess."""

from collections.abc import Mapping
from pathlib import Path

from nexdiag.agent.config import EndpointEntry
from nexdiag.core.errors import UsageError

_STORES = ("keyring:", "op:", "pass:")
"""Stores of the reference executor that are not asked here: each needs a program of its own."""


def key_of(entry: EndpointEntry, environ: Mapping[str, str], directory: Path | None) -> tuple[str, str | None]:
    """The key, and the variable that it came from: `api_key`, `api_key_file`, `api_key_ref`, `api_key_env`.

    Raises `UsageError` where the config names a key that is not there, or one that no header can carry.
    """
    variable, key, place = _named(entry, directory)
    if variable is not None:
        key, place = environ.get(variable, ""), variable
        if not key.strip():
            hint = f"export {variable}=..., or remove the key from config.toml if the server takes none"
            raise UsageError(f"endpoint {entry.name!r} takes its key from {variable}, which is not set", hint=hint)
    key = key.strip()
    if not (key.isascii() and (key.isprintable() or not key)):
        raise UsageError(
            f"the key from {place} holds a character that no HTTP header can carry", hint="was it pasted whole?"
        )
    return key, variable


def _named(entry: EndpointEntry, directory: Path | None) -> tuple[str | None, str, str]:
    """The variable that holds the key, or the key itself, and where it stands."""
    if entry.api_key and entry.api_key.strip():
        return None, entry.api_key, f"api_key of endpoint {entry.name!r}"
    if entry.api_key_file:
        return (None, *_file(entry.api_key_file, directory))
    if entry.api_key_ref and entry.api_key_ref.strip():
        return _reference(entry.api_key_ref.strip(), entry.name)
    return entry.api_key_env or None, "", ""


def _reference(reference: str, name: str) -> tuple[str | None, str, str]:
    kind, _, rest = reference.partition(":")
    place = f"api_key_ref of endpoint {name!r}"
    if kind == "env" and rest.strip():
        return rest.strip(), "", place
    if kind == "plain" and rest.strip():
        return None, rest, place
    hint = "supported are env:NAME and plain:KEY; a store's key can be put into a variable or api_key_file"
    if reference.startswith(_STORES):
        raise UsageError(f"{place} names a {kind} store, which is not supported", hint=hint)
    raise UsageError(f"{place} is no reference to a key", hint=hint)  # it may be the key itself: not shown


def _file(name: str, directory: Path | None) -> tuple[str, str]:
    """What the file holds, and its path; a relative one is looked for in the state directory."""
    try:
        path = (directory or Path()) / Path(name).expanduser()
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError, RuntimeError) as error:  # no file; no text; no home for ~
        why = error.strerror if isinstance(error, OSError) else "it is no text file"
        raise UsageError(f"the key file {name} cannot be read: {why}", hint="see api_key_file in config.toml") from None
    if not key:
        raise UsageError(f"the key file {path} is empty", hint="see api_key_file in config.toml")
    return key, str(path)
