"""What a maintainer asks first: versions of Python, of the system and of libraries. No name of a user, host or path."""

import platform
from importlib import metadata

from nexdiag.core.version import VERSION

LIBRARIES = ("httpx", "msgspec", "openai", "anthropic", "llm", "litellm", "vcrpy", "pytest", "textual", "typer", "rich")


def facts() -> dict[str, object]:
    """As they are here and now: where the bundle is made, not where the recording was (its header tells that)."""
    return {
        "nexdiag": VERSION,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
