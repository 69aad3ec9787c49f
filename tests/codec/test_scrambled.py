"""Promises of `nexdiag.codec.scrambled`."""

import random
import string

import pytest

from nexdiag.codec.scrambled import mixed, strange


def made(size: int, signs: str) -> list[bytes]:
    """Five hundred values of these signs."""
    chance = random.Random(size)  # noqa: S311 - these open nothing
    return ["".join(chance.choice(signs) for _ in range(size)).encode() for _ in range(500)]


@pytest.mark.parametrize("signs", [string.ascii_letters, string.ascii_lowercase, string.ascii_uppercase])
@pytest.mark.parametrize("size", [16, 24, 40, 64])
def test_letters_by_chance_are_strange(signs: str, size: int) -> None:
    """Nine in ten are told, with no digit among them."""
    assert sum(map(strange, made(size, signs))) > 450


@pytest.mark.parametrize("size", [12, 16, 32])
def test_small_letters_capitals_and_digits_by_chance_are_mixed_or_strange(size: int) -> None:
    """Nineteen in twenty."""
    assert sum(mixed(value) or strange(value) for value in made(size, string.ascii_letters + string.digits)) > 475


@pytest.mark.parametrize(
    "word",
    [
        "getDefaultCredentials",
        "correct-horse-battery-staple",
        "internationalization",
        "Qwen2Tokenizer",
        "Ed25519PrivateKey",
        "MLKEM1024P384PrivateKey",
        "PKCS7PrivateKeyTypes",
        "getToken2",
        "Sha256Digest",
        "K8sPodName1",
        "OPENAI_ORGANIZATION_ID",
        "utf8",
        "claude-3-5-sonnet-20241022",
        "config.secret_key_v2",
        "",
        "a",
        "1234567890123456",
    ],
)
def test_words_and_names_of_code_are_neither(word: str) -> None:
    """However they are joined."""
    assert not strange(word.encode())
    assert not mixed(word.encode())
