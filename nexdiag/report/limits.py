"""What each reader of a report takes at most, with where that is known from; and how much of it we use.

Law: the one place for these numbers. A format cuts by rank, stays under its limit and says what it left out: its reader
would drop the rest in silence, or refuse the whole.
"""

from nexdiag.core.errors import NexdiagError

SHOWN = 10
"""Annotations of a kind that GitHub shows for a step (actions/toolkit, pull request 734); the rest is dropped in
silence. So nine are written, and one that says how many more there are; all kinds stay under the 50 of a job."""
TITLE, MESSAGE = 200, 4000
"""Characters of an annotation's title and message at most."""

STEP_SUMMARY = 1024 * 1024
"""Bytes of a step's summary: above it GitHub takes none of it, and marks the step as failed."""
SUMMARY_BUDGET = 900 * 1024
"""What all that is appended to it may come to."""
_SUMMARY_LEAST = 4 * 1024

COMMENT = 65_536
"""Characters of a comment on GitHub: one that is longer is refused."""
PASTED = COMMENT - 1024
"""Bytes of a page that is made to be pasted: there is room for a word beside it."""

SARIF_RESULTS = 5000
"""Results of a run that GitHub keeps, of the 25,000 that it takes. Which ones is not its promise: we sort and cut."""
SARIF_BYTES = 10_000_000
"""Of a file that is uploaded, packed with gzip."""
SARIF_TAGS = 10
"""Tags of a rule that GitHub shows, of the 20 that it takes."""
SARIF_FLOW = 100
"""Steps of a flow; GitHub takes 10,000 and shows 1,000. More turns than these do not explain a finding."""
SARIF_PAGE = 12_000
"""Characters of a rule's page."""

JUNIT_BYTES = 25_000_000
"""Of a file: GitLab reads less than 30 MB."""
JUNIT_CASES = 50_000
"""Test cases: GitLab reads 500,000, but no more than 250,000 elements in a file, and a case has up to four."""
JUNIT_TEXT = 8_000
"""Characters beside a case: Jenkins keeps about 100 kB of a case that failed, GitLab refuses a text of 10 MB."""


def summary_room(already: int) -> int:
    """Bytes that may be appended to a step's summary which holds `already`; 0 where too little is left."""
    room = SUMMARY_BUDGET - already
    return room if room >= _SUMMARY_LEAST else 0


PAGE_LARGE, PAGE_MOST = 10_000_000, 50_000_000
"""Bytes of an HTML page: from the first on browsers take their time, beyond the second some give up."""


def too_large(size: int) -> str:
    """What is to be said of a page of that size; nothing of one that opens at once. Ask before it is written.

    Raises `NexdiagError` for one that browsers give up on.
    """
    if size > PAGE_MOST:
        hint = "show a part of it: --turn N, or nexdiag cassette prune; or take --format md or json"
        raise NexdiagError(f"the page would have {size / 1e6:,.0f} MB: no browser opens that", hint=hint)
    if size < PAGE_LARGE:
        return ""
    return (
        f"the page has {size / 1e6:,.0f} MB: a part of the recording opens faster: --turn N, or nexdiag cassette prune"
    )
