"""What `nexdiag replay` gives scripts."""

from typing import Any

from docs.outputs.parts import ANY, COUNTS, DIVERGENCE, REPLAYED_DIFFERENCE

SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "nexdiag.replay/1": (
        "nexdiag replay --format json",
        {
            "schema": "=nexdiag.replay/1",
            "passed": "boolean: false where the exit code is 1 or 3",
            "counts": COUNTS,
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
                    "outcomes?": COUNTS,
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
                            "by": COUNTS,
                            "rules": COUNTS,
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
                            "differences": [REPLAYED_DIFFERENCE],
                            "divergence": [None, DIVERGENCE],
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
                    "counts": COUNTS,
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
                            "differs": [ANY],
                            "turns_behind": "integer",
                            "answered_behind": "integer",
                        }
                    ],
                    "unchecked": ["string"],
                }
            ],
        },
    ),
}
