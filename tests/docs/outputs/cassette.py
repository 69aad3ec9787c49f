"""What `nexdiag cassette check` and `nexdiag cassette stats` give scripts."""

from typing import Any

from docs.outputs.parts import COUNTS

SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
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
                    "bytes_by_kind": COUNTS,
                    "sessions": "integer",
                    "turns": "integer",
                    "outcomes": COUNTS,
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
                    "statuses": COUNTS,
                    "models": COUNTS,
                    "failures": COUNTS,
                    "duration": "number: seconds that its exchanges took, added up",
                    "slowest": "number: seconds",
                    "first_byte": "number: seconds to the response head, the one in the middle",
                    "tear": "string null: what is wrong at the end of a torn file",
                    "saving": "number null: how many times larger the bodies were on the wire than the file is",
                }
            ],
        },
    ),
}
