"""The daemon of a smoke is forked, but for the tests that want its whole start."""

from forked import executed as executed  # noqa: PLC0414 - a fixture
from forked import forks as forks  # noqa: PLC0414 - a fixture
