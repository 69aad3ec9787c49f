"""The public face of the chat codec."""

import importlib
import pkgutil

from nexdiag.codec import chat


def test_everything_public_comes_from_one_place() -> None:
    """What `__all__` names is there, and each public name is defined in one of the modules behind it."""
    modules = [
        importlib.import_module(f"nexdiag.codec.chat.{found.name}") for found in pkgutil.iter_modules(chat.__path__)
    ]
    for name in chat.__all__:
        assert any(getattr(module, name, None) is getattr(chat, name) for module in modules), name


def test_a_request_and_its_answer_pass_through_it() -> None:
    """Encode, decode, and the same is there."""
    body = chat.encode_request([], model="m")
    assert chat.decode_request(body).model == "m"
