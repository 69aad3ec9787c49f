"""Promises of `nexdiag.replay.call_site`."""

import asyncio
import threading
from types import CodeType
from typing import Any

from nexdiag.replay import call_site
from nexdiag.replay.call_site import CallSite, find_call_site


def module(name: str, source: str, **names: Any) -> Any:  # noqa: ANN401 - the function `f` of the source
    """The function `f` of a module of that name."""
    code: CodeType = compile(source, f"/{name}.py", "exec")
    scope: dict[str, Any] = {"__name__": name, **names}
    exec(code, scope)  # noqa: S102 - a module made for the test
    return scope["f"]


def test_a_call_site_is_where_we_called() -> None:
    """File, line and function of the nearest line that is not of a library."""
    found = find_call_site()
    assert found is not None
    assert found.place.startswith(f"{__file__}:")
    assert found.place.endswith(" in test_a_call_site_is_where_we_called")
    assert found.through == ()


def test_libraries_are_named_from_the_caller_inwards() -> None:
    """Each once, the one that was called first; a module that looks on is no call site."""
    guard = module("onlooker", "def f(): return find('onlooker')", find=find_call_site)
    inner = module("http.client", "def f(): return guard()", guard=guard)
    middle = module("urllib3.pool", "def f(): return inner()", inner=inner)
    outer = module("requests.api", "def f(): return middle()", middle=middle)
    user = module("agent", "\n\ndef f(): return outer()", outer=outer)
    assert user() == CallSite(place="/agent.py:3 in f", through=("requests", "urllib3", "http"))


def test_who_runs_the_loop_did_not_ask() -> None:
    """A task that a library begins has no call site; what it awaits in the user's own task has."""

    async def mine() -> tuple[CallSite | None, CallSite | None]:
        look = module("onlooker", "async def f(): return find('onlooker')", find=find_call_site)
        return await look(), await asyncio.create_task(look())

    awaited, begun = asyncio.run(mine())
    assert awaited is not None
    assert awaited.place.endswith(".mine")
    assert begun is None


def test_a_thread_of_its_own_has_none() -> None:
    """Its stack does not know who asked; in words it is told by its name."""
    told: list[str] = []
    look = module("onlooker", "def f(): told.append(site('onlooker'))", told=told, site=call_site.call_site)
    thread = threading.Thread(target=look, name="looker")
    thread.start()
    thread.join()
    assert told == ["a thread or task of its own (looker)"]
