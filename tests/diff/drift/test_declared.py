"""Tables of published shapes → trees."""

from nexdiag.diff.drift.declared import parsed, parts_of


def test_a_table_is_read() -> None:
    """Types, what must be there, what may be null, values that are all or some."""
    shape = parsed("/a str!? x|y\n\n/a2 int|str ok...\n/b/*[type=t]/c any\n")
    one = shape.below["/a"]
    assert (one.types, one.required, one.nullable, one.values, one.closed) == ({"string"}, True, True, ("x", "y"), True)
    two = shape.below["/a2"]
    assert (two.types, two.required, two.closed) == ({"integer", "string"}, False, False)
    assert shape.below["/b"].below["/*"].below["[type=t]"].below["/c"].nullable
    assert one.words() == "string or null, required, one of x, y"


def test_a_pointer_is_taken_apart() -> None:
    """At slashes and brackets, but for a slash within a bracket's method."""
    assert parts_of("/a/*[type=text]/b") == ["/a", "/*", "[type=text]", "/b"]
    assert parts_of("[method=tools/call]/result") == ["[method=tools/call]", "/result"]
    assert parts_of("") == []
