"""What the page of a comparison tells without scripts: verdict, sides, explanation, first divergence, the rest."""

from nexdiag.core.comparison import Comparison, Row, Side
from nexdiag.core.difference import Difference, Piece
from nexdiag.core.finding import Finding
from nexdiag.report.diff.told import missing, place_of, pointer_of, title_of, verdict
from nexdiag.report.json import as_text
from nexdiag.report.markup import Markup, element, joined, quoted, trusted
from nexdiag.report.visible import cut, cut_within, one_line
from nexdiag.report.wording import count, date

_SHOWN = 12
_REFUSAL = "(refusal)"
_FINDINGS = 30
_LONG = 600
_WORDS = 3000


def head(found: Comparison) -> Markup:
    """The verdict over the whole comparison."""
    differs = bool(found.differences())
    word, sign = ("failed", "≠") if differs else ("passed", "✓")
    how = "two runs: words of the model, ids and times are expected to differ" if found.mode == "run" else "exact"
    brand = element("p", element("span", class_="lamp", aria_hidden="true"), "nexdiag", class_="brand")
    sentence = verdict(found)
    line = element(
        "p", element("span", sign, class_="icon", aria_hidden="true"), sentence[:1].upper() + sentence[1:],
        class_=f"headline is-{word}",
    )  # fmt: skip
    title = element("h1", "What changed")
    return joined(
        element("div", brand, element("p", how, class_="made"), class_="topline"), element("div", title, line)
    )


def sides(found: Comparison) -> Markup:
    """What was compared."""
    return element("dl", _side("−", found.left), _side("+", found.right), class_="sides")


def _side(sign: str, side: Side) -> Markup:
    holds = count(side.exchanges, "exchange")
    held = f"{count(side.turns, 'turn')}, {holds}" if side.turns else holds
    parts = (one_line(side.server, 60), one_line(side.model, 60), one_line(side.origin, 80), held, date(side.created))
    return element(
        "div",
        element("dt", f"{sign} {one_line(side.name, 120)}"),
        element("dd", " · ".join(part for part in parts if part)),
    )


def explained(found: Comparison) -> Markup | None:
    """Why one side failed, if the comparison tells."""
    told = found.explanation
    if told is None:
        return None
    row = found.rows[told.cause]
    kicker = "Explains the failure" if told.certain else "Perhaps explains the failure"
    is_first = told.cause == found.first
    kicker = f"First divergence: {kicker[:1].lower()}{kicker[1:]}" if is_first else kicker
    places = [*told.differences, *(_fresh(row, told.differences) if is_first else ())]
    finding = told.finding
    shown = [row.differences[at] for at in places]
    if finding and finding.server_words:  # they are quoted below
        shown = [one for one in shown if one.pointer != _REFUSAL]
    return element(
        "article",
        element("p", kicker, class_="kicker"),
        element("h2", cut_within(told.sentence, _WORDS), class_="sentence"),
        _link(told.cause, f"{place_of(row)}: {title_of(row)}"),
        *(_difference(one) for one in shown[:_SHOWN]),
        _quote(finding.server_words) if finding else None,
        element("div", element("p", "Fix", class_="kicker"), element("p", cut(finding.fix, _LONG)), class_="fix")
        if finding and finding.fix
        else None,
        class_="divergence explained",
    )


def _fresh(row: Row, told: tuple[int, ...]) -> list[int]:
    """What else is new in a row."""
    return [at for at, one in enumerate(row.differences) if not one.inherited and at not in told]


def _quote(words: str | None) -> Markup | None:
    if not words:
        return None
    said = element("figcaption", "The server said")
    return element("figure", said, quoted(cut_within(words, _LONG)), class_="quote words")


def _link(row: int, words: str) -> Markup:
    return element("p", element("a", words, href=f"#row-{row + 1}"), class_="place")


def divergence(found: Comparison) -> Markup | None:
    """The first row in which something of weight differs, where the explanation has not told it."""
    if found.first is None or (found.explanation is not None and found.explanation.cause == found.first):
        return None
    row = found.rows[found.first]
    fresh = sorted((one for one in row.differences if not one.inherited), key=lambda one: one.quiet)
    more = len(fresh) - _SHOWN
    return element(
        "article",
        element("p", "First divergence", class_="kicker"),
        element("h2", title_of(row) or place_of(row)),
        _link(found.first, place_of(row)),
        *(_difference(one) for one in fresh[:_SHOWN]),
        element("p", f"and {count(more, 'more difference')} here", class_="nothing") if more > 0 else None,
        class_="divergence",
    )


def _difference(one: Difference) -> Markup:
    kind = f"{one.kind} · without weight here" if one.quiet else one.kind
    name = element(
        "p", element("span", one.aspect or "value", class_="aspect"), element("code", pointer_of(one)),
        element("span", kind, class_="facts"), class_="difference-name",
    )  # fmt: skip
    if one.words:
        return element("div", name, element("p", *_pieces(one.words), class_="words"), class_="static-difference")
    left = None if one.kind == "added" else element("del", cut(as_text(one.left), _LONG))
    right = None if one.kind == "removed" else element("ins", cut(as_text(one.right), _LONG))
    return element("div", name, element("p", left, trusted(" "), right, class_="words"), class_="static-difference")


def _pieces(words: tuple[Piece, ...]) -> list[Markup]:
    """The words of both sides, as far as they are read without scripts."""
    names = {"removed": "del", "added": "ins"}
    made: list[Markup] = []
    for piece in words[:200]:
        if piece.kind == "left out":
            made.append(element("span", f"… {len(piece.text):,} characters …", class_="left-out"))
        else:
            made.append(element(names.get(piece.kind, "span"), cut(piece.text, _LONG)))
    if len(words) > len(made):
        made.append(element("span", f"… and {count(len(words) - len(made), 'more piece')}", class_="left-out"))
    return made


def findings(found: Comparison) -> Markup | None:
    """What lint finds on one side alone, and on both."""
    lists = (("new", found.findings.new), ("fixed", found.findings.gone), ("still there", found.findings.still))
    rows = [_finding(word, one) for word, several in lists for one in several[:_FINDINGS]]
    if not rows:
        return None
    told = ", ".join(f"{len(several):,} {word}" for word, several in lists if several)
    more = sum(max(0, len(several) - _FINDINGS) for _, several in lists)
    rest = [element("li", f"… and {count(more, 'more finding')}")] if more else []
    return element(
        "details", element("summary", f"Findings: {told}"), element("ul", *rows, *rest), class_="others",
        open=bool(found.findings.new),
    )  # fmt: skip


def _finding(word: str, one: Finding) -> Markup:
    severity = element("span", str(one.severity), class_=f"badge is-{one.severity}")
    name = f" {word} · {one_line(one.code, 16)} {one_line(one.rule, 80)} · {one_line(str(one.location), 160)}"
    return element("li", severity, name, element("p", cut(one.summary, _LONG), class_="summary"))


def asides(found: Comparison) -> Markup | None:
    """What was set aside as volatile, rule by rule, with its count."""
    if not found.aside:
        return None
    total = sum(one.count for one in found.aside)
    rows = [
        element("tr", element("td", one_line(one.rule, 80)), element("td", f"{one.count:,}"),
                element("td", one_line(one.example, 200), class_="wire"))
        for one in found.aside
    ]  # fmt: skip
    heads = element("tr", *(element("th", name, scope="col") for name in ("rule", "places", "one of them")))
    table = element("table", element("thead", heads), element("tbody", *rows))
    summary = element("summary", f"{count(total, 'place')} set aside as volatile")
    return element("details", summary, element("div", table, class_="wide"), class_="others aside-list")


def foot(found: Comparison) -> Markup:
    """What was not compared, which never counts as equal; the keys."""
    rows = [element("li", line) for line in missing(found)]
    skipped = element("div", element("h2", "Not compared"), element("ul", *rows), class_="unchecked") if rows else None
    keys = trusted("<kbd>d</kbd> divergence &nbsp; <kbd>j</kbd> <kbd>k</kbd> row &nbsp; <kbd>?</kbd> all keys")
    hint = element("p", element("span", keys, class_="keys"), "This file loads nothing from anywhere.", class_="hint")
    return joined(*(part for part in (skipped, hint) if part is not None))
