"""SARIF 2.1.0, whatever is told in it."""

import gzip
import json
import random

import pytest
from report.lint import sample
from sarif_schema import broken

from nexdiag.report import limits, sarif


def entry(level: str = "error", **parts: object) -> sarif.Entry:
    return sarif.Entry(**({"rule": "NX1", "name": "n", "level": level, "message": "m", "path": "a.jsonl"} | parts))  # type: ignore[arg-type]  # fields by name


def hostile() -> sarif.Entry:
    text = sample.HOSTILE + "\ud800\x00"
    return entry(
        rule=text, name=text, message=text, path=text, line=-3, places=((text, "member"),), fingerprint=text,
        stops=tuple(sarif.Stop(text=text, line=0) for _ in range(2000)), tags=(text,) * 40, facts={text: float("nan")},
    )  # fmt: skip


def test_hostile_words_make_a_valid_document() -> None:
    """By the published schema; also one that tells nothing, and one whose every text is empty."""
    empty = entry(rule="", name="", message="", path="", places=(("", ""),))
    for entries in ([], [hostile(), entry("note"), empty]):
        assert broken(sarif.log(entries, [sample.HOSTILE, ""], command="nexdiag lint", pages={"n": "# n"})) == []


def test_every_result_has_a_place_within_the_repository() -> None:
    """GitHub refuses a whole file for one that has none, or whose path is read as a scheme."""
    (run,) = json.loads(sarif.log([hostile(), entry(path="a b:c/d%#?.jsonl")], [], command="nexdiag lint"))["runs"]
    physical = [one["locations"][0]["physicalLocation"] for one in run["results"]]
    assert all(one["region"]["startLine"] >= 1 for one in physical)
    assert physical[1]["artifactLocation"]["uri"] == "a%20b%3Ac/d%25%23%3F.jsonl"
    assert len(run["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"]) == limits.SARIF_FLOW
    assert all(len(rule["properties"]["tags"]) <= limits.SARIF_TAGS for rule in run["tool"]["driver"]["rules"])


def test_the_worst_are_kept_and_what_is_left_out_is_told() -> None:
    """As a notification; the document is valid with as many results as GitHub keeps."""
    many = [entry("note", line=place) for place in range(limits.SARIF_RESULTS)] + [entry(fingerprint="x")] * 3
    text = sarif.log(many, ["not checked"] * 2000, command="nexdiag lint")
    (run,) = json.loads(text)["runs"]
    levels = [one["level"] for one in run["results"]]
    assert (len(levels), levels[:4]) == (limits.SARIF_RESULTS, ["error"] * 3 + ["note"])
    notes = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert notes[0] == "3 more are left out: a file has room for 5,000"
    assert notes[-1] == "1,002 more were not checked"
    prints = [one["partialFingerprints"]["primaryLocationLineHash"] for one in run["results"][:3]]
    assert prints == ["x:1", "x:2", "x:3"]


def test_a_file_stays_under_what_may_be_uploaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing in it can be packed: results are left out until it fits."""
    monkeypatch.setattr(sarif, "SARIF_BYTES", 40_000)
    noise = random.Random(7)  # noqa: S311 - no secret
    many = [entry(message="".join(chr(noise.randrange(33, 2000)) for _ in range(500))) for _ in range(200)]
    text = sarif.log(many, [], command="nexdiag lint")
    assert len(gzip.compress(text.encode())) <= 40_000
    assert "are left out" in text


def test_a_long_page_is_cut_and_says_so() -> None:
    """The page of a rule stands with it, in Markdown."""
    (run,) = json.loads(sarif.log([entry()], [], command="c", pages={"n": "x" * 90_000}))["runs"]
    told = run["tool"]["driver"]["rules"][0]["help"]["markdown"]
    assert len(told) < 2 * limits.SARIF_PAGE
    assert "The rest is left out" in told
