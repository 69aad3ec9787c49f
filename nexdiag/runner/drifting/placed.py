"""A drift → where its files stand: paths from the top of the repository, and the lines of exchanges."""

import os
from pathlib import Path

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.core.drift import Drift
from nexdiag.report.sources import Sources
from nexdiag.runner.sources import sources


def placed(drift: Drift, here: Path) -> Sources:
    """Of the files that show a change; of a change that no file shows, the first file of the corpus."""
    names = [one.first.file for one in drift.changes if one.first is not None]
    real = {name: drift.paths[name] for name in [*names, *list(drift.paths)[:1]] if name in drift.paths}
    known = sources(real.values(), (), here)
    redactor = Redactor(secrets_of(os.environ))
    return Sources(
        paths={name: redactor.text(known.path(file)) for name, file in real.items()},
        lines={name: known.lines[file] for name, file in real.items() if file in known.lines},
    )
