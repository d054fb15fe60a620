"""Axes in the style of the pictures: quiet, with a title at the left and a line of small print below it."""

from typing import TYPE_CHECKING

from tabemb.exceptions import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

__all__ = ["FAINT", "INK", "LABEL_POINTS", "QUIET", "empty", "head", "new_axes", "short_label"]

INK = "#333333"
QUIET = "#767676"
FAINT = "#d4d4d4"
LABEL_POINTS = 8
_LONGEST_LABEL = 26


def new_axes(width: float = 6.4, height: float = 4.8) -> "Axes":
    """Return the axes of a new figure of so many inches.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise MissingExtraError.of("matplotlib", "plot", "Drawing a map of categories") from error
    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def empty(ax: "Axes") -> None:
    """Take away ticks, and leave room around what is drawn."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color(FAINT)
    ax.margins(0.12)


def head(ax: "Axes", title: str) -> "Text":
    """Write the title, and return the line below it, still to be filled."""
    if title:
        ax.set_title(title, loc="left", fontsize=11, color=INK, fontweight="bold", parse_math=False, pad=17)
    return ax.annotate(
        " ",
        (0, 1),
        xytext=(0, 5),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=LABEL_POINTS,
        color=QUIET,
        parse_math=False,
    )


def short_label(key: object, longest: int = _LONGEST_LABEL) -> str:
    r"""Say a key in one short line.

    Examples
    --------
    >>> short_label("two\nlines"), short_label(""), short_label("a" * 40, 5)
    ('two lines', '(blank)', 'aaaa…')
    """
    text = " ".join(str(key).split()) or "(blank)"
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
