"""What a page carries, read back as its script reads it."""

import base64
import gzip
import json
import re
from typing import Any

from nexdiag.report.payload import Payload, run_payload
from nexdiag.report.summary import run_facts

ELEMENT = re.compile(r'<script type="text/plain" id="nexdiag-(\d+)-([\w-]+)">([A-Za-z0-9+/=]*)</script>')

INDEX = re.compile(r'<script type="application/json" id="nexdiag-1-index">([^<]*)</script>')


def unpacked(written: str) -> dict[str, Any]:
    """The blocks of a page's first run, by their names."""
    found = ELEMENT.findall(written)
    held = {name: json.loads(gzip.decompress(base64.b64decode(packed))) for run, name, packed in found if run == "1"}
    index = INDEX.search(written)
    return held | ({"index": json.loads(index[1])} if index else {})


class Read:
    """The payload of a run, with entries by kind and number."""

    def __init__(self, run: Any) -> None:  # noqa: ANN401 - a Run
        self.payload: Payload = run_payload(run_facts(run), 1)
        self.blocks = unpacked(self.payload.index + "".join(self.payload.blocks))
        self.index = self.blocks["index"]
        self.before: list[int] = []
        self.texts: list[int] = []
        for first, text, length in self.blocks["links"]:
            for step in range(length):
                self.before.append(len(self.before) - 1 if step else first)
                self.texts.append(text + step)

    def all(self, kind: str) -> list[Any]:
        size = self.index["sizes"][kind]
        blocks = range(-(-self.index["totals"][kind] // size))
        return [entry for number in blocks for entry in self.blocks[f"{kind}-{number}"]]

    def exchanges(self) -> dict[int, Any]:
        return {one["id"]: one for turn in self.all("turns") for one in turn["exchanges"]}

    def chain(self, link: int | None) -> list[str]:
        """What the page does: walk back along the numbers."""
        messages, texts = self.all("messages"), []
        while link is not None and link >= 0:
            texts.append(messages[self.texts[link]])
            link = self.before[link]
        return texts[::-1]
