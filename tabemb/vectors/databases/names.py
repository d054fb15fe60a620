"""Names for the columns of a table that every database takes: letters, digits and underscores, and the way back.

===============  ====================================================
in the column    in the name
===============  ====================================================
``a`` to ``9``   as it is (ASCII letters and digits)
``_``            ``__``
anything else    its code point: ``-`` is ``_2d_``, a blank ``_20_``
===============  ====================================================

No two columns have one name, and :func:`column_of` tells the column of a name.
"""

import re

from tabemb.exceptions import DataError

__all__ = ["PREFIX", "collection_name", "column_of", "notes_name"]

PREFIX = "tabemb_"

_PREFIX = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_ESCAPED = re.compile("[^A-Za-z0-9]")
_WRITTEN = re.compile("_(?:_|([0-9a-f]+)_)")


def collection_name(column: str, prefix: str = PREFIX) -> str:
    """Return the name of the collection that holds a column's vectors.

    Parameters
    ----------
    column : str
        Any text.
    prefix : str, default="tabemb_"
        What the name begins with: a letter or an underscore, then letters, digits and underscores.

    Raises
    ------
    DataError
        When the prefix has another character.

    Examples
    --------
    >>> collection_name("dest"), collection_name("day_of_week"), collection_name("native-country", "census_")
    ('tabemb_dest', 'tabemb_day__of__week', 'census_native_2d_country')
    """
    check_prefix(prefix)
    return prefix + _ESCAPED.sub(lambda match: "__" if match[0] == "_" else f"_{ord(match[0]):x}_", column)


def column_of(name: str, prefix: str = PREFIX) -> str | None:
    """Return the column that a collection is named after, None where :func:`collection_name` gives no such name.

    Examples
    --------
    >>> column_of("tabemb_day__of__week"), column_of("census_native_2d_country", "census_")
    ('day_of_week', 'native-country')
    >>> column_of("movies") is None
    True
    """
    if not name.startswith(prefix):
        return None
    try:
        written = name.removeprefix(prefix)
        column = _WRITTEN.sub(lambda match: chr(int(match[1], 16)) if match[1] else "_", written)
    except (ValueError, OverflowError):
        return None
    return column if collection_name(column, prefix) == name else None


def notes_name(prefix: str = PREFIX) -> str:
    """Return the name of the collection that holds a note on each of the others; it is the name of no column.

    Examples
    --------
    >>> notes_name(), column_of(notes_name())
    ('tabemb__notes', None)
    """
    check_prefix(prefix)
    return f"{prefix}_notes"


def check_prefix(prefix: str) -> None:
    """Refuse a prefix that no database would take."""
    if not _PREFIX.fullmatch(prefix):
        raise DataError(
            "The prefix of collections is a letter or an underscore, then letters, digits and underscores; "
            f"got {prefix!r}. For example: {PREFIX!r}."
        )
