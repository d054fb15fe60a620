r"""word2vec text: one category a line, its key as one word, then its numbers; gensim and many others read it.

The first line says how many lines and numbers there are. A key must be one word, so it is written with escapes:

=============================  ================================================
the key                        the word
=============================  ================================================
``"New York"``                 ``New%20York``: blanks, other invisible characters, and ``%`` itself as in web addresses
``""``                         ``%empty``
``7``, ``True``, a date, ...   ``7%json``: anything but text by its JSON
=============================  ================================================

The vectors for unknown and missing categories come last, as ``<unknown>`` and ``<missing>`` (a category that is
spelled so is written ``%3Cunknown>``). Counts are not kept, and the name is that of the file.

Files of other programs (word2vec, fastText, GloVe, which has no first line) are read as well. Only words that could
be ours are unescaped: ``100%`` stays ``100%``, though ``a%20b`` is read as ``a b``.
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError, TabembError
from tabemb.table.keys import identity, key_from_json, key_to_json
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.formats.base import FORMATS, Format
from tabemb.vectors.formats.number_text import row_texts

__all__ = ["Word2Vec", "key_of", "word_of"]

UNKNOWN, MISSING = "<unknown>", "<missing>"

_EMPTY = "%empty"
_TYPED = "%json"
# Whatever some reader may take for the end of a word or of a line, and what UTF-8 cannot hold. A fixed list, for
# str.isspace and str.isprintable differ between versions of Python, and then so would the words.
_UNSAFE = re.compile(
    "[%\x00-\x20\x7f-\xa0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff\ud800-\udfff]"
)
_ESCAPED = re.compile("(?:%[0-9A-F]{2})+")

Vector = npt.NDArray[np.float32]


@FORMATS.register("word2vec")
class Word2Vec(Format):
    """One line a category; keys and numbers come back exactly, counts do not.

    Examples
    --------
    >>> Word2Vec.suffixes
    ('.txt', '.vec', '.w2v')
    """

    suffixes = (".txt", ".vec", ".w2v")

    def _write(self, vectors: CategoryVectors, path: Path) -> None:
        special = {
            word: row for word, row in ((UNKNOWN, vectors.unknown), (MISSING, vectors.missing)) if row is not None
        }
        words = [*map(word_of, vectors.index_to_key), *special]
        matrix = np.vstack([vectors.vectors, *special.values()])
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.write(f"{len(words)} {vectors.dim}\n")
            file.writelines(f"{word} {row}\n" for word, row in zip(words, row_texts(matrix, " "), strict=True))

    def _read(self, path: Path) -> CategoryVectors:
        dim, rows = _read_rows(path)
        special = {word: rows.pop(word)[1] for word in (UNKNOWN, MISSING) if word in rows}
        return CategoryVectors(
            _distinct_keys(path, rows),
            np.array([row for _, row in rows.values()], dtype=np.float32).reshape(len(rows), dim),
            name=path.stem,
            unknown=special.get(UNKNOWN),
            missing=special.get(MISSING),
        )


def word_of(key: Any) -> str:
    """Return the word for a key.

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
    """Return the key that a word stands for; a word that :func:`word_of` would not write is its own key.

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
    except (TabembError, ValueError, TypeError, KeyError, RecursionError):
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


def _read_rows(path: Path) -> tuple[int, dict[str, tuple[int, Vector]]]:
    """Return the dimension, and line number and numbers by word; hold the file to what it says of itself."""
    promised: int | None = None
    dim = 0
    blank = 0
    rows: dict[str, tuple[int, Vector]] = {}
    with path.open("rb") as file:
        for line, raw in enumerate(file, start=1):
            fields = raw.split()
            if line == 1 and len(fields) == 2 and all(field.isdigit() for field in fields):
                promised, dim = int(fields[0]), int(fields[1])
                continue
            blank = blank or (0 if fields else line)
            if not fields:
                continue
            dim = dim or len(fields) - 1
            if blank or len(fields) != dim + 1 or dim < 1:
                wanted = f"a key and {dim or 'its'} numbers{' as line 1 says' if promised is not None else ''}"
                got = "a blank line" if blank else f"{len(fields)} fields"
                raise FormatError(f"{path}, line {blank or line}: expected {wanted}, got {got}.")
            word = _word(path, line, fields[0])
            if word in rows:
                raise _doubled(path, line, word, rows[word][0])
            rows[word] = line, _vector(path, line, fields[1:])
    if not rows and promised is None:
        raise FormatError(f"{path}: expected word2vec or GloVe text, got an empty file.")
    if promised is not None and len(rows) != promised:
        cut = " The file may have been cut short." if len(rows) < promised else ""
        raise FormatError(f"{path}, line 1: expected as many keys as it says, {promised}, got {len(rows)}.{cut}")
    return dim, rows


def _doubled(path: Path, line: int, key: Any, first: int) -> FormatError:
    return FormatError(f"{path}, line {line}: expected each key once, got {key!r} as in line {first}.")


def _word(path: Path, line: int, field: bytes) -> str:
    try:
        return field.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}, line {line}: expected a key in UTF-8, got the bytes {field[:40]!r}.") from error


def _vector(path: Path, line: int, fields: list[bytes]) -> Vector:
    try:
        with np.errstate(over="ignore"):
            vector = np.array([float(field) for field in fields]).astype(np.float32)
    except ValueError as error:
        raise FormatError(f"{path}, line {line}: expected {len(fields)} numbers after the key; {error}.") from error
    if not np.isfinite(vector).all():
        bad = fields[int(np.flatnonzero(~np.isfinite(vector))[0])].decode("ascii", "replace")
        raise FormatError(f"{path}, line {line}: expected finite float32 numbers, got {bad}.")
    return vector


def _distinct_keys(path: Path, rows: dict[str, tuple[int, Vector]]) -> list[Any]:
    """Return the keys of the words; two words of another program may stand for one key."""
    keys: list[Any] = []
    lines: dict[Any, int] = {}
    for word, (line, _) in rows.items():
        key = key_of(word)
        first = lines.setdefault(identity(key), line)
        if first != line:
            raise _doubled(path, line, key, first)
        keys.append(key)
    return keys
