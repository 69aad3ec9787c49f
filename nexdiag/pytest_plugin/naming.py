"""Where a test's cassette is, if its marker names none: one for each test, beside the test's file. Pure.

tests/test_agent.py::TestChat::test_hello[gpt]    tests/cassettes/test_agent/TestChat.test_hello[gpt].cassette.jsonl
"""

import re
from pathlib import Path, PurePath

SUFFIX = ".cassette.jsonl"
_BAD = re.compile(r"[^\w\-.,=+@()\[\]]")
"""What some file system does not take, and a shell or a person stumbles over."""
_LONGEST = 120


def conventional(nodeid: str, file: Path, root: Path, folder: str | None) -> Path:
    """The cassette of a test. `folder` is that of the ini file, from the root of the suite."""
    name = file_name(nodeid)
    if not folder:
        return file.parent / "cassettes" / file.stem / name
    try:
        place = file.relative_to(root).with_suffix("")
    except ValueError:  # a test from outside of the suite
        place = Path(file.stem)
    return root / folder / place / name


def file_name(nodeid: str) -> str:
    """`TestChat.test_hello[gpt].cassette.jsonl`. Two tests never share one: what is not as it was called has a mark."""
    called = nodeid.partition("::")[2] or PurePath(nodeid).name
    names, bracket, parameters = called.partition("[")
    wanted = names.replace("::", ".") + bracket + parameters  # of a parameter, `a::b` is not `a.b`
    plain = _BAD.sub("-", wanted).encode()[:_LONGEST].decode(errors="ignore")
    if plain != wanted:
        import hashlib  # noqa: PLC0415 - a door: few names need it

        plain += "-" + hashlib.sha256(called.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return plain + SUFFIX
