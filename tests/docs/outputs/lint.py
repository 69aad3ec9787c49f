"""What `nexdiag lint` gives scripts."""

from typing import Any

from docs.outputs.parts import FINDING

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
}
