"""YAML text ⇄ plain values, through PyYAML's C loader and its safe constructors.

Law: nothing in a text is ever run. Tags of Python objects are refused, but for the few that vcrpy writes for bytes and
texts; merges are refused, and so are aliases that make a small text a huge value.
"""

from typing import Any

import yaml

_SWELLS, _SMALL = 10, 1_000_000
"""How many times its own length a text may stand for, through aliases, and what is never too much."""
_DEEPEST = 100
"""Levels. A cassette has six."""
_LONGEST_NUMBER = 400
"""Characters. Python makes no text again of a number of thousands, and no cassette has one."""
_PYTHON = "tag:yaml.org,2002:python/"
_Node = Any
"""PyYAML's constructors take a loader and a node, of whichever kind the text has there."""


class _Loader(yaml.CSafeLoader):
    """Without merges: a merge copies what it names, and some name each other by the million."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
            raise yaml.constructor.ConstructorError(None, None, "a merge (<<) is refused", node.start_mark)


class _Dumper(yaml.CSafeDumper):
    """Never with aliases: each part stands for itself."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - whatever it is
        return True


def read(raw: bytes) -> object:
    """The values of a text. Raises ValueError, with one line, for what is none, or would do more than hold values."""
    try:
        text = raw.decode("utf-8-sig")
        _look_through(text)
        value: object = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader with less in it
    except yaml.YAMLError as error:
        raise ValueError(_one_line(error)) from None
    except ValueError as error:
        raise ValueError(str(error).partition("\n")[0]) from None
    except Exception as error:  # noqa: BLE001 - PyYAML's constructors raise whatever odd nodes make them raise
        raise ValueError(f"{type(error).__name__}: {str(error)[:200]}") from None
    return value


def _look_through(text: str) -> None:
    """Raise ValueError for what must not be composed.

    The C loader ends the whole process where a text is nested too deeply; and aliases of aliases make a value that
    nobody can walk through.
    """
    weighed = _Weighed(len(text) * _SWELLS + _SMALL)
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            weighed.open(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            weighed.close()
        elif isinstance(event, yaml.ScalarEvent):
            weighed.add(1 + len(event.value), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            weighed.again(event.anchor)


class _Weighed:
    """How large a text is with its aliases written out."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._sizes: dict[str | None, int] = {}
        self._open: list[tuple[str | None, int]] = []
        """The collections that a part stands in: their names, and what is in them so far."""

    def open(self, name: str | None) -> None:
        self._open.append((name, 1))
        if len(self._open) > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} levels deep")

    def close(self) -> None:
        name, size = self._open.pop()
        self.add(size, name)

    def add(self, size: int, name: str | None = None) -> None:
        if size > self._most:
            raise ValueError("its aliases make too much of it")
        if name is not None:
            self._sizes[name] = size
        if self._open:
            around, before = self._open[-1]
            self._open[-1] = (around, before + size)

    def again(self, name: str | None) -> None:
        if name not in self._sizes:
            raise ValueError(f"the alias *{name} is of nothing that stands whole before it")
        self.add(self._sizes[name])


def write(value: object) -> bytes:
    """The text, in the order of the keys."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text.encode()


def _text(loader: yaml.CSafeLoader, node: _Node) -> object:
    return loader.construct_scalar(node)


def _list(loader: yaml.CSafeLoader, node: _Node) -> object:
    return loader.construct_sequence(node)


def _whole_number(loader: yaml.CSafeLoader, node: _Node) -> object:
    return loader.construct_yaml_int(_short(node))


def _number(loader: yaml.CSafeLoader, node: _Node) -> object:
    return loader.construct_yaml_float(_short(node))


def _short(node: _Node) -> _Node:
    if len(node.value) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(node.value):,} characters, line {node.start_mark.line + 1}")
    return node


def _file(loader: yaml.CSafeLoader, node: _Node) -> object:
    """A request's body that was a file: vcrpy writes its state, of which the first part is what the file held."""
    state = loader.construct_mapping(node, deep=True).get("state")
    return state[0] if isinstance(state, list | tuple) and state else b""


def _pieces(loader: yaml.CSafeLoader, node: _Node) -> object:
    """A request's body that came from an iterator: a list of its pieces."""
    args = loader.construct_mapping(node, deep=True).get("args")
    pieces = args[0] if isinstance(args, list | tuple) and args else []
    if isinstance(pieces, list | tuple) and all(isinstance(piece, str | bytes) for piece in pieces):
        return b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in pieces)
    return b""


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)
_Loader.add_constructor(f"{_PYTHON}str", _text)
_Loader.add_constructor(f"{_PYTHON}unicode", _text)
_Loader.add_constructor(f"{_PYTHON}tuple", _list)
_Loader.add_constructor(f"{_PYTHON}object/new:_io.BytesIO", _file)
_Loader.add_constructor(f"{_PYTHON}object/apply:builtins.iter", _pieces)


def _one_line(error: yaml.YAMLError) -> str:
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0] or type(error).__name__
    mark = getattr(error, "problem_mark", None)
    return f"{problem}, line {mark.line + 1}" if mark is not None else str(problem)
