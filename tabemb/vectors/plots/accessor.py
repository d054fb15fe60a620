"""The plots of a column's vectors as methods: ``vectors.plot()``, ``.plot.heatmap()``, ``.plot.dendrogram()``."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tabemb.vectors.keyed_matrix import KeyedMatrix
from tabemb.vectors.plots.map import plot_map
from tabemb.vectors.plots.similarity import plot_dendrogram, plot_heatmap

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from tabemb.vectors.plots.projections import Projection

__all__ = ["PlotAccessor"]


class PlotAccessor:
    """Draws the vectors of a column. Requires matplotlib (the extra ``plot``).

    Call it to draw a map of the categories; :meth:`heatmap` and :meth:`dendrogram` draw their similarities.
    """

    __slots__ = ("_vectors",)

    def __init__(self, vectors: KeyedMatrix) -> None:
        self._vectors = vectors

    def __call__(
        self,
        method: "str | Mapping[str, Any] | Projection" = "pca",
        *,
        color: "str | Mapping[Any, Any] | pd.Series[Any] | None" = None,
        top: int = 30,
        ax: "Axes | None" = None,
        title: str | None = None,
    ) -> "Axes":
        """Draw a map of the categories: those with similar vectors are close together.

        The area of a dot grows with the count of its category. The most frequent categories are labeled; a line leads
        from a label to its dot where they are apart. Labels without room are left out.

        Parameters
        ----------
        method : str, mapping or Projection, default="pca"
            Projection to the plane: ``"pca"``, ``"tsne"`` or ``"umap"`` (extra ``umap``), with parameters as
            ``{"name": "tsne", "perplexity": 10}``.
        color : None, "count", "cluster", mapping or pandas Series
            ``"count"`` colors by the number of rows, ``"cluster"`` by groups that k-means finds. A mapping goes from
            key to label or number, a Series from its index. Keys without a value are gray.
        top : int, default=30
            Number of categories to label, the most frequent first. Without counts, the first ones.
        ax : matplotlib Axes, optional
            Axes to draw on; by default those of a new figure.
        title : str, optional
            Title; the column's name by default.

        Raises
        ------
        MissingExtraError
            If matplotlib is not installed, or umap-learn for ``"umap"``.
        UnknownNameError
            If there is no such projection.
        DataError
            If there are no categories, ``top`` is negative, or ``color`` does not match the categories.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["JFK", "BOS", "LAX"], [[1, 0], [0.9, 0.2], [-1, 0]], [30, 5, 20], name="dest")
        >>> coast = {"JFK": "east", "BOS": "east", "LAX": "west"}
        >>> ax = vectors.plot(color=coast, ax=Figure().subplots())
        >>> [text.get_text() for text in ax.get_legend().get_texts()]
        ['east', 'west']
        """
        return plot_map(self._vectors, method, color=color, top=top, ax=ax, title=title)

    def heatmap(
        self, keys: Iterable[Any] | None = None, *, top: int = 40, ax: "Axes | None" = None, title: str | None = None
    ) -> "Axes":
        """Draw the cosine similarity of each pair of categories, ordered so that neighbors are similar.

        Parameters
        ----------
        keys : iterable of keys, optional
            Categories to draw; by default the ``top`` most frequent ones.
        top : int, default=40
            Number of categories if ``keys`` is not given.
        ax, title
            As for a map, but the size of a new figure grows with the number of categories.

        Raises
        ------
        MissingExtraError
            If matplotlib is not installed.
        UnknownKeyError
            If a key is not in the column.
        DataError
            If there are no categories, or ``top`` is below 1.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["red", "blue", "pink"], [[1, 0], [-1, 0.1], [0.9, 0.2]], name="color")
        >>> ax = vectors.plot.heatmap(ax=Figure().subplots())
        >>> [text.get_text() for text in ax.get_yticklabels()]
        ['blue', 'pink', 'red']
        """
        return plot_heatmap(self._vectors, keys, top=top, ax=ax, title=title)

    def dendrogram(
        self, keys: Iterable[Any] | None = None, *, top: int = 40, ax: "Axes | None" = None, title: str | None = None
    ) -> "Axes":
        """Draw categories as a tree from hierarchical clustering: similar branches join further to the right.

        Parameters
        ----------
        keys, top, ax, title
            As for :meth:`heatmap`.

        Raises
        ------
        MissingExtraError, UnknownKeyError
            As for :meth:`heatmap`.
        DataError
            If there are fewer than two categories, or ``top`` is below 2.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["red", "blue", "pink"], [[1, 0], [-1, 0.1], [0.9, 0.2]], name="color")
        >>> ax = vectors.plot.dendrogram(ax=Figure().subplots())
        >>> ax.get_xlabel()
        '1 - cosine, averaged over pairs'
        """
        return plot_dendrogram(self._vectors, keys, top=top, ax=ax, title=title)
