"""A real Chromium for the tests of pages, spoken to over two pipes: its own protocol, no library, no port."""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--remote-debugging-pipe", "--disable-dev-shm-usage",
)  # fmt: skip
KEYS = {"ArrowDown": 40, "ArrowUp": 38, "Home": 36, "End": 35, "PageDown": 34, "PageUp": 33, "Escape": 27, "Enter": 13}
PATIENCE = 20.0


def chromium() -> str | None:
    """The program, if this machine has it."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """One browser with one page."""

    def __init__(self, program: str, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._profile = tempfile.mkdtemp(prefix="nexdiag-browser-")
        inward, outward = os.pipe(), os.pipe()
        ours = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in (inward[0], outward[1], inward[1], outward[0])]
        for end in (*inward, *outward):
            os.close(end)
        read, write, self._write, self._read = ours
        null = os.open(os.devnull, os.O_RDWR)
        actions = [
            (os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2),
            (os.POSIX_SPAWN_DUP2, read, 3), (os.POSIX_SPAWN_DUP2, write, 4),
        ]  # fmt: skip
        argv = [program, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"]
        self.process = os.posix_spawn(program, argv, os.environ, file_actions=actions, setpgroup=0)
        for end in (read, write, null):
            os.close(end)
        self._kept, self._number, self.session = b"", 0, ""
        self.told: list[dict[str, Any]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> Any:  # noqa: ANN401 - the protocol's JSON
        """Ask, and wait for the answer."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": params}
        if self.session:
            asked["sessionId"] = self.session
        data = json.dumps(asked).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while True:
            heard = self._hear()
            if heard.get("id") == self._number:
                if "error" in heard:
                    raise RuntimeError(f"{method}: {heard['error']['message']}")
                return heard["result"]

    def _hear(self) -> dict[str, Any]:
        while b"\0" not in self._kept:
            if not select.select([self._read], [], [], self._patience)[0]:
                raise RuntimeError(f"the browser was silent for {self._patience:.0f} s")
            piece = os.read(self._read, 1 << 16)
            if not piece:
                raise RuntimeError("the browser went away")
            self._kept += piece
        line, _, self._kept = self._kept.partition(b"\0")
        heard = json.loads(line)
        if "method" in heard:
            self.told.append(heard)
        return heard

    def run(self, code: str) -> Any:  # noqa: ANN401 - any JSON
        """The value of an expression in the page; a promise is waited for."""
        got = self.send("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in got:
            raise RuntimeError(got["exceptionDetails"]["exception"].get("description", str(got)))
        return got["result"].get("value")

    def open(self, page: Path, fragment: str = "") -> None:
        """Show a page, and wait until its explorer shows a turn."""
        self.told.clear()
        self.send("Page.navigate", url="about:blank")
        self.send("Page.navigate", url=page.as_uri() + fragment)
        self.until("document.readyState === 'complete'")

    def until(self, condition: str) -> None:
        """Wait for a condition of the page."""
        end = time.monotonic() + self._patience
        while not self.run(f"!!({condition})"):
            if time.monotonic() > end:
                raise AssertionError(f"never came true: {condition}\n{self.complaints()}")
            time.sleep(0.015)  # asked from outside, since a page without scripts has no timers

    def press(self, key: str) -> None:
        """A key down and up."""
        text = {"text": key} if len(key) == 1 else {}
        code = {"windowsVirtualKeyCode": KEYS[key]} if key in KEYS else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, **text, **code)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, **code)

    def type(self, text: str) -> None:
        """Text into what has the focus."""
        self.send("Input.insertText", text=text)

    def look(self, width: int, height: int, *, dark: bool = False, scale: float = 1) -> bytes:
        """A picture of the page in a window of that size."""
        self.window(width, height, dark=dark, scale=scale)
        self.run("new Promise((wake) => requestAnimationFrame(() => setTimeout(wake, 60)))")
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def window(self, width: int, height: int, *, dark: bool = False, scale: float = 1) -> None:
        """Another window, in the light or in the dark."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 600,
        )
        theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[theme])

    def tree(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Role, name and properties of everything that a screen reader is told, in the order in which it is read."""
        told = self.send("Accessibility.getFullAXTree")["nodes"]
        known, nodes, waiting = {node["nodeId"]: node for node in told}, [], [told[0]["nodeId"]]
        while waiting:
            node = known.get(waiting.pop())
            if node is not None:
                nodes.append(node)
                waiting += reversed(node.get("childIds", []))
        return [
            (
                node.get("role", {}).get("value", ""),
                node.get("name", {}).get("value", ""),
                {entry["name"]: entry["value"].get("value") for entry in node.get("properties", ())},
            )
            for node in nodes
            if not node.get("ignored")
        ]

    def outline(self) -> list[int]:
        """The levels of the headings that a screen reader is told, in order."""
        return [int(facts["level"]) for role, _, facts in self.tree() if role == "heading"]

    def unnamed(self) -> list[str]:
        """What can be pressed, typed into or chosen from, and has no name."""
        wanted = {"button", "link", "textbox", "searchbox", "combobox", "slider", "checkbox", "listbox", "dialog"}
        return [role for role, name, _ in self.tree() if role in wanted and not name.strip()]

    def requests(self) -> list[str]:
        """The addresses that the page asked for, itself left out."""
        asked = [
            heard["params"]["request"]["url"] for heard in self.told if heard["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in asked if not url.startswith(("file:", "about:"))]

    def complaints(self) -> list[str]:
        """What went wrong in the page, and dialogs that it opened."""
        bad = ("Runtime.exceptionThrown", "Page.javascriptDialogOpening")
        logged = [
            heard
            for heard in self.told
            if heard["method"] == "Log.entryAdded" and heard["params"]["entry"]["level"] == "error"
        ]
        return [
            json.dumps(heard["params"])[:600]
            for heard in (*logged, *(heard for heard in self.told if heard["method"] in bad))
        ]

    def close(self) -> None:
        """End it, by its own process group."""
        os.killpg(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self._write)
        os.close(self._read)
        shutil.rmtree(self._profile, ignore_errors=True)
