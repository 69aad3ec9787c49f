"""Signs of a JSON string."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.runner.bundling.units import STRANGE, hidden, says, units, written


@settings(max_examples=60)
@given(st.text(), st.booleans())
def test_a_string_is_its_signs_and_each_can_be_hidden(text: str, ascii_only: bool) -> None:
    """In as many bytes, and it stays a string."""
    inner = json.dumps(text, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")[1:-1]
    row = units(inner)
    assert b"".join(row) == inner
    plain = "".join(sign if sign.isascii() else STRANGE for sign in text)
    said = "".join(map(says, row))
    assert said.replace(STRANGE, "") == plain.replace(STRANGE, "")
    masked = b"".join(written(unit, one, hidden(one)) for unit, one in zip(row, said, strict=True))
    assert len(masked) == len(inner)
    assert set(json.loads(b'"' + masked + b'"')) <= set("x/ ")
