"""Labels of charts and tables: short enough for their place, and in fonts that have their characters."""

import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

__all__ = ["display_width", "fonts_for", "shorten", "unique_labels"]

FONT = "DejaVu Sans"
REGULAR = (400, "normal", "regular")
# Where names may be shortened, as the share of their end: in the middle, at the end or near the start.
ENDS = (0.5, 0.0, 0.8)
NO_FONT = (
    "Some names in the charts have characters that no installed font has. A browser with such a font shows them, but "
    "labels may overlap. Install a font with these characters, such as Noto Sans CJK, and run again."
)


def display_width(text: str) -> int:
    """Return the width of a text in columns: 2 for wide characters (Chinese, Japanese, Korean), 0 for accents.

    Examples
    --------
    >>> display_width("Tokyo"), display_width("東京"), display_width("e\u0301")
    (5, 4, 1)
    """
    return len(text) if text.isascii() else sum(map(_width, text))


def shorten(text: object, longest: int, end: float = 0.5) -> str:
    r"""Return a text as one line of at most the given width, with an ellipsis in the middle if it is longer.

    Parameters
    ----------
    text : object
        A name, converted to text.
    longest : int
        Largest width in columns, at least 1; see `display_width`.
    end : float, default=0.5
        Share of the width for the end of the text, from 0 to 1.

    Examples
    --------
    >>> shorten("Amsterdam Airport Schiphol, terminal 3", 21)
    'Amsterdam…terminal 3'
    >>> shorten("two\nlines", 20)
    'two lines'
    """
    line = " ".join(str(text).split())
    if display_width(line) <= longest:
        return line
    characters = _characters(line)
    last = _start(characters[::-1], int((longest - 1) * end))[::-1]
    first = _start(characters, longest - 1 - sum(map(display_width, last)))
    return "".join(first).rstrip() + "…" + "".join(last).lstrip()


def unique_labels(names: Iterable[object], longest: int) -> list[str]:
    """Return a different short label for each name.

    Names are shortened in the middle, or where it leaves more of them different. Equal labels are numbered.

    Parameters
    ----------
    names : iterable of object
        The names.
    longest : int
        Largest width of a label in columns, at least 10.

    Examples
    --------
    >>> unique_labels(["platform 1, northern side", "platform 2, northern side", "exit"], 15)
    ['platform 1, no…', 'platform 2, no…', 'exit']
    >>> unique_labels(["platform with number 1 in the middle", "platform with number 2 in the middle"], 15)
    ['platfor…middle', 'platf…iddle (2)']
    """
    names = [str(name).strip() or "(blank)" for name in names]
    ways = ([shorten(name, longest, end) for name in names] for end in ENDS)
    labels = max(ways, key=lambda way: len(set(way)))
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    for row, name in enumerate(names):
        label = labels[row]
        while labels[row] in taken:
            numbers[label] += 1
            mark = f" ({numbers[label] + 1})"
            labels[row] = shorten(name, longest - len(mark)) + mark
        taken.add(labels[row])
    return labels


def fonts_for(texts: Iterable[str]) -> list[str]:
    """Return the fonts to draw texts with: DejaVu Sans, and installed fonts with the characters that it lacks.

    Requires matplotlib (the extra ``plot``). Warns if no installed font has some of the characters.

    Parameters
    ----------
    texts : iterable of str
        The texts.

    Returns
    -------
    list of str
        Names of font families, in the order in which they are tried.

    Examples
    --------
    >>> fonts_for(["JFK", "Zürich", "Αθήνα", "Москва"])
    ['DejaVu Sans']
    """
    from matplotlib import font_manager

    characters = {ord(each) for text in texts for each in text if each.isprintable()}
    fonts, lacking = _choose(frozenset(characters - _characters_of(font_manager.findfont(FONT))))
    if lacking:
        # Always the same text, which Python shows once.
        warnings.warn(NO_FONT, stacklevel=2)
    return [FONT, *fonts]


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _characters(text: str) -> list[str]:
    """Return the characters of a text, each with the marks on it."""
    parts: list[str] = []
    for each in text:
        if parts and unicodedata.category(each).startswith("M"):
            parts[-1] += each
        else:
            parts.append(each)
    return parts


def _start(characters: Sequence[str], width: int) -> list[str]:
    """Return as many of the first characters as fit."""
    kept = []
    for each in characters:
        width -= display_width(each)
        if width < 0:
            break
        kept.append(each)
    return kept


@cache
def _choose(missing: frozenset[int]) -> tuple[tuple[str, ...], bool]:
    """Return installed fonts that have the missing characters, and whether some characters are in none of them."""
    chosen: list[str] = []
    while missing:
        family, had = max(_installed(missing), key=lambda each: len(each[1]), default=("", frozenset()))
        if not had:
            return tuple(chosen), True
        chosen.append(family)
        missing -= had
    return tuple(chosen), False


def _installed(wanted: frozenset[int]) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield the family of each installed font, with those of the wanted characters that it has."""
    from matplotlib import font_manager

    # Regular letters first: of fonts with the same characters, the first one is used.
    for font in sorted(font_manager.fontManager.ttflist, key=lambda each: each.weight not in REGULAR):
        # "Last Resort" shows a box with the code of each character.
        if font.style == "normal" and "Last Resort" not in font.name:
            yield font.name, wanted & _characters_of(font.fname)


def _characters_of(path: str) -> frozenset[int]:
    """Return the code points of the characters of a font file, empty if it cannot be read."""
    from matplotlib import font_manager

    try:
        return frozenset(font_manager.get_font(path).get_charmap())
    except (RuntimeError, OSError, ValueError):
        return frozenset()
