"""Promises of `nexdiag.runner.tape.patching`."""

from typing import Any

from nexdiag.runner.tape.patching import Method, hold, release


class Parent:
    """Of somebody else."""

    def say(self) -> str:
        return "parent"

    def ask(self) -> str:
        return "asked"


class Child(Parent):
    """Inherits one method, and has one."""

    def ask(self) -> str:
        return "child"


def loud(method: Method) -> Method:
    def louder(self: Any) -> Any:  # noqa: ANN401 - of any class
        return method(self).upper()

    return louder


def test_a_method_is_put_back_as_it_was() -> None:
    """Its own, and one that was inherited; also for instances from before."""
    before, child = dict(vars(Child)), Child()
    hold(Child, "say", loud)
    hold(Child, "ask", loud)
    assert (child.say(), child.ask(), Parent().say()) == ("PARENT", "CHILD", "parent")
    assert Child.ask.__name__ == "ask"
    release(Child, "say")
    release(Child, "ask")
    assert dict(vars(Child)) == before


def test_it_is_held_until_the_last_lets_go() -> None:
    """Several who want the same replace it once."""
    hold(Child, "ask", loud)
    hold(Child, "ask", loud)
    release(Child, "ask")
    assert Child().ask() == "CHILD"
    release(Child, "ask")
    assert Child().ask() == "child"


def test_what_somebody_else_put_there_stays() -> None:
    """Another's patch on top of ours is not undone."""
    ours_first, original = Child.ask, Child.__dict__["ask"]
    hold(Child, "ask", loud)
    theirs = loud(Child.ask)
    Child.ask = theirs  # type: ignore[method-assign]
    release(Child, "ask")
    assert Child.ask is theirs
    Child.ask = original  # type: ignore[method-assign]
    assert Child.ask is ours_first
