"""Style of the plots: axes without decoration, a title at the left and a subtitle below it."""

from typing import TYPE_CHECKING

from tabemb.exceptions import MissingExtraError
from tabemb.vectors.plots.labels import fonts_for, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

__all__ = [
    "FAINT",
    "INK",
    "LABEL_POINTS",
    "LONGEST_LABEL",
    "QUIET",
    "add_title",
    "choose_fonts",
    "clear_axes",
    "new_axes",
    "short_label",
]

INK = "#333333"
QUIET = "#767676"
FAINT = "#d4d4d4"
LABEL_POINTS = 8
LONGEST_LABEL = 26


def new_axes(width: float = 6.4, height: float = 4.8) -> "Axes":
    """Return the axes of a new figure, with its width and height in inches.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise MissingExtraError.of("matplotlib", "plot", "Plotting") from error
    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def clear_axes(ax: "Axes") -> None:
    """Remove the ticks, and add margins."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color(FAINT)
    ax.margins(0.12)


def add_title(ax: "Axes", title: str) -> "Text":
    """Add a title, and return the empty subtitle below it."""
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


def short_label(key: object, longest: int = LONGEST_LABEL) -> str:
    r"""Return a key as one short line, with an ellipsis in the middle if it is longer.

    Examples
    --------
    >>> short_label("two\nlines"), short_label(""), short_label("a" * 20 + "b" * 20, 5)
    ('two lines', '(blank)', 'aa…bb')
    """
    return shorten(key, longest) or "(blank)"


def choose_fonts(ax: "Axes") -> None:
    """Draw the texts of a figure in fonts that have their characters; nothing changes for those of DejaVu Sans."""
    from matplotlib.text import Text

    figure = ax.get_figure(root=True)
    assert figure is not None
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and not text.get_text().isascii()]
    fonts = fonts_for(text.get_text() for text in texts)
    for text in texts:
        if len(fonts) > 1:
            text.set_fontfamily(fonts)
