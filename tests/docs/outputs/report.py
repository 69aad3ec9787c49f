"""What `nexdiag report` gives scripts."""

from typing import Any

from docs.outputs.parts import ANY, FINDING, REPORT_DIFFERENCE

SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
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
                    "counts": {"*": ANY},
                    "findings": [FINDING],
                    "differences": [REPORT_DIFFERENCE],
                    "replayed": [
                        {
                            "turn": "integer",
                            "outcome": "string",
                            "note": "string",
                            "differences": [REPORT_DIFFERENCE],
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
