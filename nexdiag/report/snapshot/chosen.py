"""What a test chooses of a request: syrupy's `matcher`, `include` and `exclude`, as its own JSON has them. Pure.

Paths are those within the body, whichever request of several it is of.
"""

from collections.abc import Callable
from typing import Any

import msgspec

Path = tuple[tuple[Any, type], ...]
"""As syrupy hands it to matchers: each key or place with the type of what stands there."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Of one comparison."""

    matcher: Callable[..., Any] | None = None
    """Called with `data` and `path`; gives what is to stand there."""
    include: Callable[..., bool] | None = None
    exclude: Callable[..., bool] | None = None
    """Called with `prop`, the name of a field, and the `path` of its object."""

    def value(self, value: Any, path: Path) -> Any:  # noqa: ANN401 - any JSON value
        """The value that stands there, as chosen."""
        if self.matcher is not None:
            value = self.matcher(data=value, path=path)
        if isinstance(value, dict):
            return {
                key: self.value(one, (*path, (key, type(one)))) for key, one in value.items() if self.wants(key, path)
            }
        if isinstance(value, list | tuple):
            return [self.value(one, (*path, (place, type(one)))) for place, one in enumerate(value)]
        return value if isinstance(value, str | int | float | None) else repr(value)

    def wants(self, key: str, path: Path) -> bool:
        """Whether the field of that name is compared."""
        if self.exclude is not None and self.exclude(prop=key, path=path):
            return False
        return self.include is None or self.include(prop=key, path=path)
