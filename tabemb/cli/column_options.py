"""Options that say how columns are read: cells of several values, shared tables, hashed vocabularies."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

__all__ = ["MultiValued", "Shared", "Vocabulary", "column_settings", "pairs_of"]

MultiValued = Annotated[
    list[str] | None,
    typer.Option(
        "--multi-valued",
        metavar="COL=HOW",
        help="Column whose cells hold several values, and its separator, words, bigrams, or whole to keep cells as "
        "they are; can be repeated (default: separators | and ; are found).",
    ),
]
Shared = Annotated[
    list[str] | None,
    typer.Option("--shared", metavar="NAME=A,B", help="Columns that share one table of vectors; can be repeated."),
]
Vocabulary = Annotated[
    list[str] | None,
    typer.Option(
        "--vocabulary",
        metavar="COL=KIND",
        help="Column whose vectors are found by hashes, and the kind: hashing, double_hashing, quotient_remainder, "
        "multiplexed or ngrams; or one kind for all columns that it suits; can be repeated.",
    ),
]
WHOLE = "whole"


def column_settings(
    multi_valued: Sequence[str] | None, shared: Sequence[str] | None, vocabulary: Sequence[str] | None
) -> dict[str, Any]:
    """Return the settings of an experiment that options give, only those that are given.

    Raises
    ------
    typer.BadParameter
        If an option has another form, or names a column twice.

    Examples
    --------
    >>> column_settings(["genres=|", "title=whole"], ["airport=origin,dest"], ["ngrams"])
    {'multi_valued': {'genres': '|', 'title': None}, 'shared': {'airport': ['origin', 'dest']}, 'vocabulary': 'ngrams'}
    """
    found: dict[str, Any] = {}
    if multi_valued:
        found["multi_valued"] = pairs_of("--multi-valued", multi_valued, "genres=|", _how)
    if shared:
        found["shared"] = pairs_of("--shared", shared, "airport=origin,dest", _names)
    if vocabulary:
        kinds = [each for each in vocabulary if "=" not in each]
        if kinds and len(vocabulary) > 1:
            raise typer.BadParameter(
                f"{kinds[0]!r} is for all columns, so it is the only one; for one column, write COL={kinds[0]}.",
                param_hint="--vocabulary",
            )
        found["vocabulary"] = kinds[0] if kinds else pairs_of("--vocabulary", vocabulary, "user=hashing", str)
    return found


def pairs_of(option: str, given: Sequence[str], example: str, value_of: Callable[[str], Any] = str) -> dict[str, Any]:
    """Return the values of an option that is a name, ``=`` and a value, by name.

    Parameters
    ----------
    option : str
        The option, for error messages.
    given : sequence of str
        Its values.
    example : str
        One of them.
    value_of : callable, default=str
        Returns the value that a text stands for.

    Raises
    ------
    typer.BadParameter
        If one has another form, or a name is given twice.
    """
    pairs: dict[str, Any] = {}
    for each in given:
        # A separator may be "=", so that the first one ends the name.
        name, equals, value = each.partition("=")
        if not (name and equals and value):
            raise typer.BadParameter(
                f"expected a name, = and a value, such as {example!r}; got {each!r}.", param_hint=option
            )
        if name in pairs:
            raise typer.BadParameter(f"{name!r} is given twice.", param_hint=option)
        pairs[name] = value_of(value)
    return pairs


def _how(value: str) -> str | None:
    return None if value == WHOLE else value


def _names(value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]
