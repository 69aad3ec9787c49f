"""Promises of nexdiag.report.snapshot.chosen."""

import json

from syrupy.extensions.json import JSONSnapshotExtension
from syrupy.filters import paths, paths_include, props
from syrupy.matchers import path_type

from nexdiag.report.snapshot.chosen import Choice

BODY = {"a": {"b": [1, {"c": "x", "d": None}]}, "c": 2.5, "user": "u"}


def test_matchers_and_filters_work_as_in_the_json_of_syrupy() -> None:
    """The oracle is syrupy's own extension."""
    for options in (
        {"exclude": props("c")},
        {"exclude": paths("a.b.1.c")},
        {"include": paths_include(["a", "b"])},
        {"matcher": path_type({"a.b.1.c": (str,)}), "exclude": props("user")},
        {"matcher": path_type(types=(list,))},
        {},
    ):
        theirs = json.loads(JSONSnapshotExtension().serialize(BODY, **options))
        made = Choice(**options).value(BODY, ())
        assert json.loads(json.dumps(made)) == theirs
