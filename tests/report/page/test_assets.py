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
        for content in (own.script, own.style):
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
