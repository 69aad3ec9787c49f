"""Promises of nexdiag.report.page.assets."""

import base64
import hashlib
import re
from importlib.resources import files

from nexdiag.report.page import assets as module
from nexdiag.report.page.assets import asset, assets

LONGEST = 400


def test_the_policy_names_the_very_text() -> None:
    """Each kind of page may run and wear its own script and style, by hash, and load nothing."""
    for kind in module._SCRIPTS:
        own = assets(kind)
        assert ("script-src" in own.policy) == bool(own.script)
        for content in filter(None, (own.script, own.style)):
            assert base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() in own.policy
        assert own.policy.startswith("default-src 'none'")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|localStorage", own.script)
        assert not re.search(r"url\(|@import|https?:", own.style)


def test_every_asset_is_used_and_short() -> None:
    """No file lies there unused, none is longer than a person reads."""
    used = {name for names in (*module._SCRIPTS.values(), *module._STYLES.values()) for name in names} | {"page.html"}
    there = {
        file.name for file in files("nexdiag.report.page").iterdir() if file.name.endswith((".js", ".css", ".html"))
    }
    assert there == used
    assert all(len(asset(name).splitlines()) <= LONGEST for name in used)


def _luminance(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_can_be_read_on_every_ground() -> None:
    """In both themes a text stands off its ground by 4.5 to 1 at least (WCAG 2.2, 1.4.3)."""
    light, dark = asset("base.css").split("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    for theme in (colours, colours | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark))):
        grounds = [name for name in theme if name in ("paper", "sheet", "sunk") or name.endswith("-wash")]
        for text in ("ink", "soft", "faint", "accent", "bad", "warn", "good", "note"):
            for ground in grounds:
                low, high = sorted((_luminance(theme[text]), _luminance(theme[ground])))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)
