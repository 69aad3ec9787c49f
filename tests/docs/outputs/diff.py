"""What `nexdiag diff` gives scripts."""

from typing import Any

from docs.outputs.parts import FINDING

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
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
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
}
