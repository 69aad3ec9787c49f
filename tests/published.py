"""A JSON schema that somebody publishes, held against one of our tables: where they disagree, each in a line.

The schemas are those that pydantic makes of the types of a client's SDK: what a typed client takes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from nexdiag.diff.drift.declared import Declared

Schema = dict[str, Any]
_TYPES = {"array": {"list"}, "number": {"integer", "number"}}


class Published:
    """One schema, with what its references mean."""

    def __init__(self, schema: Schema) -> None:
        """As pydantic gives it."""
        self._defs = schema.get("$defs", {})
        self._root = schema

    def disagreements(self, table: Declared) -> list[str]:
        """All of them, sorted."""
        return sorted(set(self._node(table, self._spread([self._root]), "")))

    def _spread(self, alternatives: Iterable[Schema]) -> list[Schema]:
        """The alternatives without references and unions."""
        found: list[Schema] = []
        for one in alternatives:
            if "$ref" in one:
                found += self._spread([self._defs[one["$ref"].removeprefix("#/$defs/")]])
            elif more := one.get("anyOf") or one.get("oneOf") or one.get("allOf"):
                found += self._spread(more)
            else:
                found.append(one)
        return found

    def _node(self, table: Declared, found: list[Schema], pointer: str) -> Iterator[str]:
        yield from _kinds(table, found, pointer)
        objects = [one for one in found if one.get("type") == "object"]
        names = {part for part in table.below if part[0] == "/" and part != "/*"}
        if names:
            yield from self._fields(table, names, objects, pointer)
        labels = {part for part in table.below if part[0] == "["}
        if labels:
            yield from self._branches(table, labels, objects, pointer)
        if "/*" in table.below:
            entries = self._spread([one["items"] for one in found if one.get("type") == "array" and "items" in one])
            yield from self._node(table.below["/*"], entries, f"{pointer}/*")

    def _fields(self, table: Declared, names: set[str], objects: list[Schema], pointer: str) -> Iterator[str]:
        held = {f"/{name}" for one in objects for name in one.get("properties", {})}
        yield from (f"{pointer}{name}: the types have it, the table has it not" for name in held - names)
        yield from (f"{pointer}{name}: the table has it, the types have it not" for name in names - held)
        for name in names & held:
            key = name[1:]
            required = all(key in one.get("required", ()) for one in objects)
            if required != table.below[name].required:
                yield f"{pointer}{name}: {'required' if required else 'not required'} by the types"
            told = pointer.rpartition("[")[2].startswith(f"{key}=")
            found = self._spread([one["properties"][key] for one in objects if key in one.get("properties", {})])
            if not told:
                yield from self._node(table.below[name], found, pointer + name)

    def _branches(self, table: Declared, labels: set[str], objects: list[Schema], pointer: str) -> Iterator[str]:
        key = next(iter(labels))[1:].partition("=")[0]
        by: dict[str, list[Schema]] = {}
        for one in objects:
            for told in self._spread([one.get("properties", {}).get(key, {})]):
                for value in _values(told):
                    by.setdefault(f"[{key}={value}]", []).append(one)
        yield from (f"{pointer}{one}: the types have it, the table has it not" for one in by.keys() - labels)
        yield from (f"{pointer}{one}: the table has it, the types have it not" for one in labels - by.keys())
        for label in labels & by.keys():
            yield from self._node(table.below[label], by[label], pointer + label)


def unlike(lines: Iterable[str], exceptions: Mapping[str, str]) -> list[str]:
    """What disagrees without a reason, and the reasons for what does not disagree.

    `exceptions`: a part of a line, and why the table is right nevertheless.
    """
    told = list(lines)
    idle = [f"idle exception: {part}" for part in exceptions if not any(part in line for line in told)]
    return [line for line in told if not any(part in line for part in exceptions)] + idle


def _kinds(table: Declared, found: list[Schema], pointer: str) -> Iterator[str]:
    types = {kind for one in found for kind in _types(one)}
    nullable, types = "null" in types or "any" in types, types - {"null"}
    if "any" not in types and table.types and types != table.types:
        yield f"{pointer}: the types say {'|'.join(sorted(types))}, the table {'|'.join(sorted(table.types))}"
    if ("any" in types) == bool(table.types):
        yield f"{pointer}: anything by {'the types' if table.types else 'the table'} alone"
    elif nullable != table.nullable and table.types:
        yield f"{pointer}: {'null' if nullable else 'no null'} by the types"
    values = {value for one in found for value in _values(one)}
    closed = bool(values) and not any(one.get("type") == "string" and not _values(one) for one in found)
    if table.values and values != set(table.values):
        yield f"{pointer}: the types have {'|'.join(sorted(values))}, the table {'|'.join(sorted(table.values))}"
    if closed != table.closed:
        yield f"{pointer}: {'closed' if closed else 'open'} by the types: {'|'.join(sorted(values))}"


def _values(schema: Schema) -> list[str]:
    given = [schema["const"]] if "const" in schema else schema.get("enum", [])
    return [one for one in given if isinstance(one, str)]


def _types(schema: Schema) -> set[str]:
    kind = schema.get("type")
    if kind is None:
        return {"string"} if _values(schema) else {"any"}
    return _TYPES.get(kind, {kind})


def not_in_the_types(table: Declared, typed: object, exceptions: Mapping[str, str]) -> list[str]:
    """In what a table differs from a type of an SDK, but for what a reason excepts; and reasons that except nothing."""
    return unlike(Published(TypeAdapter(typed).json_schema()).disagreements(table), exceptions)
