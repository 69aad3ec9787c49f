"""Whether signs stand beside each other by chance, as in a key, or as they do in words and names of code. Pure."""

import re

_PAIRS = {
    word[:1] + bytes((after,))
    for word in (
        b"abcdgiklmnprstuvy baeilou caehiklortu dadeiosu eacdefgilmnpqrstvx faefiloru gehinrs haeiot "
        b"iabcdefglmnoprstvz kei ladeilostuy mabeimopsu nacdefginostuv obcdgilmnoprstuvw paeiloprstuy "
        b"qu racdegimnorstuy sacehilopstu tacehiloprstuy uabceilmnprst vaei waehio xcepst ypt ze"
    ).split()
    for after in word[1:]
}
"""Nine in ten pairs of letters in English, and in the names of code, are one of these; by chance one in three."""
_CLASSES = bytes(
    97 if 97 <= sign <= 122 else 65 if 65 <= sign <= 90 else 48 if 48 <= sign <= 57 else 46  # noqa: PLR2004 - a-z, A-Z, 0-9
    for sign in range(256)
)
_CHANGE = re.compile(rb"(?=a[A0.]|A[a0.]|0[aA.]|\.[aA0])")
_LETTERS = re.compile(rb"(?=([A-Za-z]{2}))")
_WORD = re.compile(rb"[a-z]{5,}")
_SHORT_WORD = re.compile(rb"[A-Za-z][a-z]{3,}")
_FEWEST_PAIRS = 9
_LONG = 10
_NO_NAME = 40
_NAME = 16
_COMMON_IN_WORDS = 0.75
_COMMON = 0.55
_COMMON_AT_MOST = 0.75
_CHANGES = 0.36


def strange(value: bytes) -> bool:
    """Whether its letters follow each other as those of no word do. Nine pairs of letters have to be there."""
    pairs = _LETTERS.findall(value.lower())
    changes = len(_CHANGE.findall(value.translate(_CLASSES)))
    most = _COMMON if changes < _CHANGES * (len(value) - 1) else _COMMON_AT_MOST
    return len(pairs) >= _FEWEST_PAIRS and _common(pairs) <= most and not _has_word(value)


def mixed(value: bytes) -> bool:
    """Whether small letters, capitals and digits change places often, and spell no words between.

    Capitals or small letters alone with digits have to be ten signs.
    """
    classes = value.translate(_CLASSES)
    kinds = set(classes) & {97, 65, 48}
    if 48 not in kinds or len(kinds) < (3 if len(value) < _LONG else 2):  # noqa: PLR2004 - digits, and all three
        return False
    if len(_CHANGE.findall(classes)) < _CHANGES * (len(value) - 1) or _has_word(value):
        return False
    pairs = _LETTERS.findall(value.lower())
    return len(pairs) < _FEWEST_PAIRS or _common(pairs) <= _COMMON_AT_MOST


def _has_word(value: bytes) -> bool:
    """Whether it holds a word: a name of code does. In a long value one may come about by chance."""
    if len(value) >= _NO_NAME:
        return False
    words = (_WORD if len(value) >= _NAME else _SHORT_WORD).findall(value)
    return any(_common(_LETTERS.findall(word.lower())) >= _COMMON_IN_WORDS for word in words)


def _common(pairs: list[bytes]) -> float:
    return sum(pair in _PAIRS for pair in pairs) / len(pairs)
