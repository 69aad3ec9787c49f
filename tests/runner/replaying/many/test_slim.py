"""A run without what no report tells."""

import pickle

import msgspec
from report import sample as recorded
from report.replay import sample

from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Chunks
from nexdiag.report.replay.formats import FORMATS
from nexdiag.runner.replaying.many.slim import slim


def test_reports_say_the_same() -> None:
    """Each format, of each way in which a recording can come out."""
    done = sample.several()
    small = [msgspec.structs.replace(one, run=slim(one.run) if one.run is not None else None) for one in done]
    for make in FORMATS.values():
        assert make(small) == make(done)


def test_it_can_cross_to_another_process() -> None:
    """Chunks that are made when looked at cannot; values nested as deep as Python reads them cannot."""
    run = recorded.healthy()
    exchange = run.cassette.exchanges[0]
    assert exchange.response is not None
    lazy = msgspec.structs.replace(exchange.response, chunks=Chunks(1, lambda: ()))
    exchange = msgspec.structs.replace(exchange, response=lazy)
    deep: object = 1
    for _ in range(50_000):
        deep = [deep]
    found = Difference(pointer="", left=deep, right=2)
    turn = sample.verdict(
        1, "changed", differences=(found,), divergence=msgspec.structs.replace(sample.DIVERGENCE, first=found)
    )
    whole = msgspec.structs.replace(
        run, cassette=msgspec.structs.replace(run.cassette, exchanges=(exchange,)), replayed=(turn,)
    )
    small = slim(whole)
    assert pickle.loads(pickle.dumps(small)) == small  # noqa: S301 - our own bytes
    assert len(pickle.dumps(small)) < 4000
