r"""Keys as single words, for the formats of words and numbers: word2vec (text and binary) and GloVe.

=============================  ================================================
key                            word
=============================  ================================================
``"New York"``                 ``New%20York``: whitespace, invisible characters and ``%`` are escaped as in URLs
``""``                         ``%empty``
``7``, ``True``, a date, ...   ``7%json``: JSON of keys other than text
=============================  ================================================

The vectors of unknown categories and missing cells are the last words, ``<unknown>`` and ``<missing>`` (a category of
this name is written as ``%3Cunknown>``). Words of other programs are unescaped only if tabemb could have written them:
``100%`` stays ``100%``, but ``a%20b`` is read as ``a b``.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.table.keys import key_from_json, key_to_json
from tabemb.vectors.formats.number_text import row_texts
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["MISSING", "UNKNOWN", "key_of", "lines_of", "rows_of", "word_of"]

UNKNOWN, MISSING = "<unknown>", "<missing>"

_EMPTY = "%empty"
_TYPED = "%json"
# Characters that may end a word or line for some reader, or that UTF-8 cannot encode. A fixed list, because str.isspace
# and str.isprintable differ between versions of Python.
_UNSAFE = re.compile(
    "[%\x00-\x20\x7f-\xa0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff\ud800-\udfff]"
)
_ESCAPED = re.compile("(?:%[0-9A-F]{2})+")


def rows_of(vectors: KeyedMatrix) -> list[tuple[str, npt.NDArray[np.float32]]]:
    """Return the words and their numbers, those of unknown categories and missing cells last.

    Examples
    --------
    >>> [word for word, numbers in rows_of(KeyedMatrix(["New York", 7], [[1], [2]], unknown=[0]))]
    ['New%20York', '7%json', '<unknown>']
    """
    rows = [(word_of(key), row) for key, row in zip(vectors.index_to_key, vectors.vectors, strict=True)]
    special = ((UNKNOWN, vectors.unknown), (MISSING, vectors.missing))
    return rows + [(word, row) for word, row in special if row is not None]


def lines_of(rows: list[tuple[str, npt.NDArray[np.float32]]]) -> Iterator[str]:
    r"""Yield words and their numbers as lines of text.

    Examples
    --------
    >>> list(lines_of([("a", np.array([0.1, -2.5], np.float32))]))
    ['a 0.1 -2.5\n']
    """
    if rows:
        texts = row_texts(np.stack([row for _, row in rows]), " ")
        yield from (f"{word} {text}\n" for (word, _), text in zip(rows, texts, strict=True))


def word_of(key: Any) -> str:
    """Return the word of a key.

    Examples
    --------
    >>> word_of("New York"), word_of("100%"), word_of(""), word_of(7)
    ('New%20York', '100%25', '%empty', '7%json')
    """
    if not isinstance(key, str):
        return _escape(json.dumps(key_to_json(key), separators=(",", ":"))) + _TYPED
    if key == "":
        return _EMPTY
    word = _escape(key)
    return "%3C" + word[1:] if word in (UNKNOWN, MISSING) else word


def key_of(word: str) -> Any:
    """Return the key of a word; a word that :func:`word_of` does not return is its own key.

    Examples
    --------
    >>> key_of("New%20York"), key_of("100%"), key_of("%empty"), key_of("7%json"), key_of("%41")
    ('New York', '100%', '', 7, '%41')
    """
    if "%" not in word:
        return word
    try:
        key = "" if word == _EMPTY else _typed(word) if word.endswith(_TYPED) else _unescape(word)
        return key if word_of(key) == word else word
    except Exception:
        # Whatever it is, tabemb has not written it.
        return word


def _typed(word: str) -> Any:
    return key_from_json(json.loads(_unescape(word.removesuffix(_TYPED))))


def _escape(text: str) -> str:
    def codes(match: re.Match[str]) -> str:
        return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))

    return _UNSAFE.sub(codes, text)


def _unescape(word: str) -> str:
    def character(match: re.Match[str]) -> str:
        return bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "surrogatepass")

    return _ESCAPED.sub(character, word)
