"""Promises of `nexdiag.codec.cassette` as a whole: it is what docs/reference/cassette.md says."""

import re
from pathlib import Path

import pytest

from nexdiag.codec import cassette as codec
from nexdiag.codec.cassette.lines import Line, RequestLine, ResponseLine
from nexdiag.core.cassette import FORMAT, Cassette, Header
from nexdiag.core.message import Usage

TEXT = (Path(__file__).parents[2] / "docs" / "reference" / "cassette.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"```jsonl\n(.*?)```", TEXT, re.DOTALL)[0].encode()


@pytest.fixture
def example() -> Cassette:
    """The recording in the reference."""
    return codec.decode(EXAMPLE)


def test_the_example_is_a_cassette(example: Cassette) -> None:
    """It reads as the page says it does."""
    assert example.tear is None
    assert example.header.scenario is not None
    assert [say.text for say in example.header.scenario.say] == [turn.said for turn in example.turns]
    assert [turn.outcome for turn in example.turns] == ["answered", "failed"]
    assert [[exchange.id for exchange in turn.exchanges] for turn in example.turns] == [[0], [1, 2]]
    assert [exchange.attempt for exchange in example.exchanges] == [1, 1, 2]
    assert [run.name for run in example.turns[1].tool_runs] == ["bash"]
    assert [line.level for line in example.turns[0].log] == ["INFO"]


def test_the_bodies_of_the_example_are_rebuilt(example: Cassette) -> None:
    """By the rule of the page: references, separators and all."""
    first, second, third = (exchange.request.body.join().decode() for exchange in example.exchanges)
    assert first == '{"model":"qwen3-coder","messages":[{"role":"user","content":"Hello"}],"stream":true}'
    assert (
        second
        == third
        == (
            '{"model": "qwen3-coder", "messages": [{"role":"user","content":"Hello"}, '
            '{"role":"assistant","content":"Hi, you! 👋"}, {"role":"user","content":"And again"}], "stream": true}'
        )
    )
    response = example.exchanges[0].response
    assert response is not None
    said = ("Hi", ",", " you", "!", " 👋")
    stream = "".join(f'data: {{"choices":[{{"delta":{{"content":"{word}"}}}}]}}\n\n' for word in said)
    assert response.body.decode() == stream + "data: [DONE]\n\n"
    assert [chunk.at for chunk in response.chunks] == [0.13, 0.142, 0.154, 0.166, 0.178, 0.19]


def test_every_key_is_in_the_reference() -> None:
    """Nothing is written that the page does not have a row for."""
    for shape in (Header, Line, RequestLine, ResponseLine):
        for key in shape.__struct_encode_fields__:
            assert f"| `{key}` |" in TEXT, key
    for key in Usage.__struct_fields__:
        assert f"`{key}`" in TEXT
    assert f"version {FORMAT}:" in TEXT


def test_the_public_names_are_four() -> None:
    """Reading, writing whole, writing line by line, and going on with what was written."""
    assert codec.__all__ == ["Encoder", "decode", "encode", "resumed"]
    assert codec.decode(codec.encode(Cassette(header=Header(model="m")))).header == Header(model="m")
