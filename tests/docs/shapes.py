"""The shapes that scripts read: every JSON output of nexdiag, field by field, in a short notation, and as JSON Schema.

    {"turn": "integer null: from 1"}      an object that has all of these fields and no others; `?` may be absent
    [shape]                               an array
    {"*": shape}                          an object with any keys
    "string: words"                       one of several types, and what it is; `=a b c` for one of these words

Law: pure. tests/docs/test_schemas.py holds the real outputs to them.
"""

from typing import Any

_ANY = "any"
FINDING = {
    "rule": "string: name of the rule",
    "code": "string: its code, NX101",
    "severity": "=error warning info",
    "message_index": "integer null: the message that has to change, from 0",
    "pointer": "string null: JSON pointer into the request, or into the answer where the rule judges that",
    "summary": "string: what is wrong, in one line",
    "evidence": ["string: a fact to check"],
    "because": "string: why it weighs what it does, where no recorded answer says so",
    "fix": "string: what to change",
    "turn?": "integer null: from 1; in a recording only",
    "exchange?": "integer null: from 0; in a recording only",
    "refused": "boolean: the recorded answer refused this very request, in words that this rule explains",
    "server_words": "string null: what the server said",
    "repeats": "integer: later exchanges that carry it too",
    "produced_by": [
        None,
        {
            "kind": "=answer `tool run`",
            "turn": "integer null: from 1",
            "exchange": "integer null: from 0",
        },
    ],
    "consequences": ["string: a finding that is there because of this one"],
}
_COUNTS = {"*": "integer"}
_REPLAYED_DIFFERENCE = {
    "pointer": "string: JSON pointer",
    "left": "any: as recorded",
    "right": "any: as it went out now",
    "kind": "=changed added removed moved",
    "right_pointer": "string null: where it stands now, if elsewhere",
}
_REPORT_DIFFERENCE = {**_REPLAYED_DIFFERENCE, "turn": "integer null: from 1"}
_DIVERGENCE = {
    "turn": "integer null: from 1",
    "method": "string",
    "path": "string",
    "nearest": "integer null: the recording that is nearest, an exchange from 0",
    "nearest_turn": "integer null",
    "shared": "integer: messages that are equal before the first that is not",
    "sent": "integer null: messages of the request",
    "recorded": "integer null: messages of the nearest recording",
    "first": [None, _REPLAYED_DIFFERENCE],
    "more": "integer: other differences in this request",
    "consequences": "integer: differences that only follow from it",
    "ambiguous": ["integer: other recordings that are as near"],
    "why": "string",
    "advice": "string: what to do",
}
_SIDE = {
    "name": "string: the file, as it was named",
    "kind": "string: recording, request, exchanges",
    "server": "string: the profile by which lint judged it",
    "model": "string",
    "origin": "string",
    "created": "number: seconds since the epoch; 0 where nothing tells",
    "turns": "integer",
    "exchanges": "integer",
}
_PLACE = {"turn": "integer null: from 1", "session": "string", "exchange": "integer null: from 0"}
_FACT = {
    "aspect": "string: what it is about",
    "kind": "string: changed, added, removed",
    "pointer": "string: JSON pointer, on the left",
    "right_pointer": "string: on the right",
    "quiet": "boolean: told, and of no weight by itself",
    "inherited": "boolean: an earlier place differed so already; its values are not told again",
    "left?": "any",
    "right?": "any",
    "words?": [
        {"kind": "=same removed added `left out`", "text?": "string", "length?": "integer: of what is left out"}
    ],
}
_EXPLANATION = {
    "failing": "=left right",
    "row": "integer: the row whose request failed",
    "cause": "integer: the row that holds the difference",
    "differences": ["integer: places of the differences in that row"],
    "finding": [None, FINDING],
    "sentence": "string: in one sentence",
    "certain": "boolean: a rule explains the refusal in the server's words",
}
_SUPPORT = {
    "holding": "integer: of how many places it was so",
    "of": "integer: how many there were",
    "exchanges": "integer: in how many exchanges those were",
}
_CHANGE = {
    "fingerprint": "string: twelve hexadecimal digits, the same for the same change",
    "kind": "string",
    "direction": "string: request, response",
    "endpoint": "string: a wire, or method and path",
    "form": "string: json, stream, 4xx, 5xx",
    "pointer": "string: template of a JSON pointer",
    "severity": "=error warning info",
    "requirement": "string",
    "was": "string",
    "now": "string",
    "left": [None, _SUPPORT],
    "right": _SUPPORT,
    "first": [None, {"file": "string", "exchange": "integer: from 0"}],
    "left_example": "string",
    "right_example": "string",
    "capped": "boolean: it would weigh more if more exchanges supported it",
}
SHARED = {"finding": FINDING, "divergence": _DIVERGENCE, "difference": _REPLAYED_DIFFERENCE, "change": _CHANGE}
"""Shapes that stand in several places, told once."""
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "nexdiag.lint/1": (
        "nexdiag lint --format json",
        {
            "schema": "=nexdiag.lint/1",
            "files": [
                {
                    "file": "string",
                    "id?": "string: of a bare exchange",
                    "profile": "string: the server by which it was judged",
                    "findings": [FINDING],
                    "unchecked": ["string: what could not be checked; it never counts as passed"],
                    "allowed": [FINDING],
                }
            ],
        },
    ),
    "nexdiag.portability/1": (
        "nexdiag lint --against A,B --format json",
        {
            "schema": "=nexdiag.portability/1",
            "files": [
                {
                    "file": "string",
                    "servers": ["string: a profile's name"],
                    "rows": [
                        {
                            "turn": "integer null: from 1",
                            "session": "string",
                            "exchange": "integer: from 0",
                            "against": {"*": {"verdict": "=takes `may refuse` refuses", "findings": [FINDING]}},
                        }
                    ],
                    "unchecked": ["string"],
                }
            ],
        },
    ),
    "nexdiag.cassette-check/1": (
        "nexdiag cassette check --format json",
        {
            "schema": "=nexdiag.cassette-check/1",
            "files": [
                {
                    "file": "string",
                    "word": "=whole warning broken",
                    "format": "integer null: version of the cassette format",
                    "exchanges": "integer",
                    "turns": "integer",
                    "size": "integer: bytes",
                    "remarks": [
                        {
                            "weight": "=broken warning note",
                            "what": "string",
                            "line": "integer null: from 1",
                        }
                    ],
                }
            ],
        },
    ),
    "nexdiag.cassette-stats/1": (
        "nexdiag cassette stats --format json",
        {
            "schema": "=nexdiag.cassette-stats/1",
            "files": [
                {
                    "file": "string",
                    "size": "integer: bytes of the file",
                    "bytes_by_kind": _COUNTS,
                    "sessions": "integer",
                    "turns": "integer",
                    "outcomes": _COUNTS,
                    "exchanges": "integer",
                    "attempts": "integer: exchanges that tried again what had failed",
                    "chunks": "integer",
                    "tool_runs": "integer",
                    "log_lines": "integer",
                    "messages_sent": "integer: over all requests; each sends its whole history",
                    "messages_stored": "integer: those that stand in the file, once each",
                    "request_bytes": "integer: on the wire",
                    "response_bytes": "integer: on the wire",
                    "usage": {"*": "integer null"},
                    "statuses": _COUNTS,
                    "models": _COUNTS,
                    "failures": _COUNTS,
                    "duration": "number: seconds that its exchanges took, added up",
                    "slowest": "number: seconds",
                    "first_byte": "number: seconds to the response head, the one in the middle",
                    "tear": "string null: what is wrong at the end of a torn file",
                    "saving": "number null: how many times larger the bodies were on the wire than the file is",
                }
            ],
        },
    ),
    "nexdiag.replay/1": (
        "nexdiag replay --format json",
        {
            "schema": "=nexdiag.replay/1",
            "passed": "boolean: false where the exit code is 1 or 3",
            "counts": _COUNTS,
            "recordings": [
                {
                    "file": "string",
                    "verdict": "string: exact, mended, changed, ...",
                    "error": [
                        None,
                        {
                            "what": "string: why it was not played, or not whole",
                            "hint": "string: what to do",
                            "code": "integer: of the exit",
                        },
                    ],
                    "name?": "string",
                    "how?": "string: by whom it was played",
                    "exchanges?": "integer",
                    "outcomes?": _COUNTS,
                    "seconds?": "number",
                    "recorded_seconds?": "number null",
                    "expired?": "string null",
                    "tear?": "string null",
                    "pairing?": [
                        None,
                        {
                            "requests": "integer",
                            "recordings": "integer",
                            "one_to_one": "boolean",
                            "by": _COUNTS,
                            "rules": _COUNTS,
                            "misses": ["integer: a request that no recording answers"],
                            "unplayed": ["integer: a recording that was not asked for"],
                            "made": "integer: answers that were made, such as a list of models",
                            "answered_by": ["integer null: the exchange that answered each request"],
                            "faults": {"*": "string"},
                        },
                    ],
                    "turns": [
                        {
                            "turn": "integer: from 1",
                            "session": "string",
                            "said": "string",
                            "outcome": "string: exact, mended, changed, missing, extra, unchecked",
                            "note": "string",
                            "seconds": "number",
                            "differences": [_REPLAYED_DIFFERENCE],
                            "divergence": [None, _DIVERGENCE],
                        }
                    ],
                }
            ],
        },
    ),
    "nexdiag.survival/1": (
        "nexdiag replay --faults all --format json",
        {
            "schema": "=nexdiag.survival/1",
            "files": [
                {
                    "file": "string",
                    "seed": "integer",
                    "turns": "integer",
                    "seconds": "number",
                    "counts": _COUNTS,
                    "survived": "boolean: nothing was lost without a word, nothing hung, nothing crashed",
                    "faults": [
                        {
                            "fault": "string: as --fault takes it",
                            "kind": "string",
                            "session": "string",
                            "turn": "integer null: from 1",
                            "exchange": "integer",
                            "chunk": "integer null",
                            "outcome": "=exact recovered told unseen idle silent hung crashed",
                            "retries": "integer",
                            "seconds": "number: as a user would have waited",
                            "told": "string null: what the user was told",
                            "differs": [_ANY],
                            "turns_behind": "integer",
                            "answered_behind": "integer",
                        }
                    ],
                    "unchecked": ["string"],
                }
            ],
        },
    ),
    "nexdiag.diff/1": (
        "nexdiag diff --format json",
        {
            "schema": "=nexdiag.diff/1",
            "pairs": [
                {
                    "left": _SIDE,
                    "right": _SIDE,
                    "mode": "string",
                    "verdict": "string",
                    "differences": "integer",
                    "first": "integer null: the row of the first divergence",
                    "rows": [
                        {
                            "kind": "string",
                            "title": "string",
                            "left": [None, _PLACE],
                            "right": [None, _PLACE],
                            "consequence": "any",
                            "carried": "any",
                            "differences": [_FACT],
                        }
                    ],
                    "aside": [{"rule": "string", "count": "integer", "example": "any"}],
                    "findings": {"new": [FINDING], "gone": [FINDING], "still": [FINDING]},
                    "explanation": [None, _EXPLANATION],
                    "unchecked": ["string"],
                }
            ],
        },
    ),
    "nexdiag.drift/1": (
        "nexdiag drift --format json",
        {
            "schema": "=nexdiag.drift/1",
            "left": {"*": "any"},
            "right": {"*": "any"},
            "changes": [_CHANGE],
            "ignored": [_CHANGE],
            "unchecked": ["string"],
        },
    ),
    "nexdiag.report/1": (
        "nexdiag report --format json",
        {
            "schema": "=nexdiag.report/1",
            "title": "string",
            "tool": "string: name and version",
            "created": "string number null",
            "verdict": "string: passed, failed, ...",
            "sentence": "string: the verdict in one line",
            "unchecked": ["string"],
            "runs": [
                {
                    "name": "string",
                    "file": "string",
                    "profile": "string",
                    "origin": "string",
                    "model": "string",
                    "created": "string number null",
                    "expected": "any",
                    "verdict": "string",
                    "sentence": "string",
                    "tear": "string null",
                    "counts": {"*": _ANY},
                    "findings": [FINDING],
                    "differences": [_REPORT_DIFFERENCE],
                    "replayed": [
                        {
                            "turn": "integer",
                            "outcome": "string",
                            "note": "string",
                            "differences": [_REPORT_DIFFERENCE],
                        }
                    ],
                    "turns": [
                        {
                            "turn": "integer null: from 1",
                            "session": "string",
                            "said": "string null",
                            "reply": "string null",
                            "outcome": "string null",
                            "error": "string null",
                            "started": "number null: seconds since the epoch",
                            "duration": "number null: seconds",
                            "log_lines": "integer",
                            "unmet": ["string: an expectation that did not hold"],
                            "errors_logged": [
                                {
                                    "at": "number null",
                                    "level": "string null",
                                    "source": "string null",
                                    "text": "string",
                                }
                            ],
                            "tool_runs": [
                                {
                                    "call_id": "string null",
                                    "name": "string",
                                    "is_error": "boolean",
                                    "duration": "number null",
                                }
                            ],
                            "exchanges": [
                                {
                                    "exchange": "integer: from 0",
                                    "attempt": "integer",
                                    "method": "string",
                                    "url": "string",
                                    "status": "integer null",
                                    "messages": "integer null: in the request",
                                    "new_messages": "integer null: of them, not in the request before",
                                    "dropped_messages": "integer null: of the request before, not in this one",
                                    "chunks": "integer",
                                    "started": "number: seconds since the epoch",
                                    "first_byte": "number null: seconds",
                                    "duration": "number null: seconds",
                                    "finish_reason": "string null",
                                    "tool_calls": ["string"],
                                    "input_tokens": "integer null",
                                    "output_tokens": "integer null",
                                    "complete": "boolean",
                                    "refusal": "string null",
                                    "failure": "string null",
                                }
                            ],
                        }
                    ],
                }
            ],
        },
    ),
}


def schema(shape: Any) -> dict[str, Any]:  # noqa: ANN401 - the notation above
    """A shape as JSON Schema."""
    if isinstance(shape, list):
        if shape[0] is None:
            return {"anyOf": [{"type": "null"}, schema(shape[1])]}
        return {"type": "array", "items": schema(shape[0])}
    if isinstance(shape, dict):
        if "*" in shape:
            return {"type": "object", "additionalProperties": schema(shape["*"])}
        return {
            "type": "object",
            "properties": {name.rstrip("?"): schema(inner) for name, inner in shape.items()},
            "required": [name for name in shape if not name.endswith("?")],
            "additionalProperties": False,
        }
    return _word(shape)


def _word(shape: str) -> dict[str, Any]:
    if shape.startswith("="):
        words = [word.strip("`").replace("\0", " ") for word in _joined(shape[1:]).split()]
        return {"enum": words} if len(words) > 1 else {"const": words[0]}
    kinds, _, told = shape.partition(": ")
    types = kinds.split()
    made: dict[str, Any] = {} if types == ["any"] else {"type": types[0] if len(types) == 1 else types}
    return made | ({"description": told} if told else {})


def _joined(words: str) -> str:
    parts = words.split("`")
    return "".join(part.replace(" ", "\0") if number % 2 else part for number, part in enumerate(parts))
