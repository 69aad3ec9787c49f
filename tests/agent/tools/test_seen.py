"""What a model knows of a file is what was in it when it read or wrote it."""

from pathlib import Path

from nexdiag.agent.tools import seen as seen_module
from nexdiag.agent.tools.seen import Seen, digest_of


def test_a_file_is_known_by_its_content() -> None:
    """Unseen, then the same, then changed; a touch alone changes nothing."""
    seen, file = Seen(), Path("/w/f")
    assert seen.standing(file, digest_of([b"a"])) == "unseen"
    seen.note(file, digest_of([b"a"]))
    assert seen.standing(file, digest_of([b"a"])) == "same"
    assert seen.standing(file, digest_of([b"b"])) == "changed"
    seen.note(file, digest_of([b"b"]))
    assert seen.standing(file, digest_of([b"b"])) == "same"


def test_pieces_do_not_matter() -> None:
    """However it is read, the same content has the same digest."""
    assert digest_of([b"ab", b"c"]) == digest_of([b"abc"]) != digest_of([b"abd"])


def test_memory_is_bounded() -> None:
    """The oldest are forgotten: their files have to be read again."""
    seen = Seen()
    for number in range(seen_module.FILES + 1):
        seen.note(Path(f"/{number}"), b"d")
    assert seen.standing(Path("/0"), b"d") == "unseen"
    assert seen.standing(Path("/1"), b"d") == "same"
