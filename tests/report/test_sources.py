"""Where things stand."""

import pytest

from nexdiag.report.sources import NOWHERE, Sources


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("cassettes/a.jsonl", "cassettes/a.jsonl"),
        ("./a", "a"),
        ("/home/somebody/a.jsonl", "a.jsonl"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\somebody\\a.har", "a.har"),
        ("", "unnamed"),
        ("..", "_"),
    ],
)
def test_no_path_leads_outside(named: str, told: str) -> None:
    """Of a file elsewhere its name alone is told: no home, no drive."""
    assert NOWHERE.path(named) == told


def test_what_is_known_is_told() -> None:
    """And a line that is not known is the first."""
    known = Sources(paths={"/w/a": "x/a"}, lines={"/w/a": {3: 17}})
    assert (known.path("/w/a"), known.line("/w/a", 3), known.line("/w/a", 4), known.line("b", None)) == (
        "x/a",
        17,
        1,
        1,
    )
