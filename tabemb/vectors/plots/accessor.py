"""Pictures of a column's vectors: a map, a heatmap and a tree."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from tabemb.vectors.keyed_matrix import KeyedMatrix

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from tabemb.vectors.category_vectors import CategoryVectors
    from tabemb.vectors.plots.projections import Projection

__all__ = ["Plotting"]


class Plotting(KeyedMatrix):
    """The part of :class:`~tabemb.vectors.category_vectors.CategoryVectors` that draws. Needs the extra ``plot``."""

    __slots__ = ()

    def plot(
        self,
        method: "str | Mapping[str, Any] | Projection" = "pca",
        *,
        color: "str | Mapping[Any, Any] | pd.Series[Any] | None" = None,
        top: int = 30,
        ax: "Axes | None" = None,
        title: str | None = None,
    ) -> "Axes":
        """Draw the categories on a plane, so that those with like vectors lie close together.

        Parameters
        ----------
        method : str, mapping or Projection, default="pca"
            How the vectors are laid out: ``"pca"``, ``"tsne"``, ``"umap"`` (extra ``umap``), with parameters as
            ``{"name": "tsne", "perplexity": 10}``.
        color : None, "count", "cluster", mapping or pandas Series
            ``"count"`` colours by rows, ``"cluster"`` by groups found by k-means; a mapping goes from key to label or
            number, a Series from its index. Keys without a value are grey.
        top : int, default=30
            How many categories are named, the most frequent first, as far as there is room.
        ax : matplotlib Axes, optional
            Where to draw; a new figure when left out.
        title : str, optional
            The column's name when left out.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        MissingExtraError
            When matplotlib, or for ``"umap"`` umap-learn, is not installed.
        UnknownNameError
            When there is no such method.
        DataError
            When there is no category, ``top`` is negative, or ``color`` does not fit the categories.

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
        from tabemb.vectors.plots.map import plot_map

        return plot_map(cast("CategoryVectors", self), method=method, color=color, top=top, ax=ax, title=title)

    def plot_heatmap(
        self, keys: Iterable[Any] | None = None, *, top: int = 40, ax: "Axes | None" = None, title: str | None = None
    ) -> "Axes":
        """Draw the cosine of each category with each; see :func:`~tabemb.vectors.plots.similarity.plot_heatmap`.

        Parameters
        ----------
        keys : iterable of keys, optional
            Which categories; the ``top`` most frequent ones when left out.
        top : int, default=40
        ax : matplotlib Axes, optional
        title : str, optional

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["red", "blue", "pink"], [[1, 0], [-1, 0.1], [0.9, 0.2]], name="colour")
        >>> vectors.plot_heatmap(ax=Figure().subplots()).get_title(loc="left")
        'colour'
        """
        from tabemb.vectors.plots.similarity import plot_heatmap

        return plot_heatmap(cast("CategoryVectors", self), keys, top=top, ax=ax, title=title)

    def plot_dendrogram(
        self, keys: Iterable[Any] | None = None, *, top: int = 40, ax: "Axes | None" = None, title: str | None = None
    ) -> "Axes":
        """Draw categories as a tree; see :func:`~tabemb.vectors.plots.similarity.plot_dendrogram`.

        Parameters
        ----------
        keys : iterable of keys, optional
            Which categories; the ``top`` most frequent ones when left out.
        top : int, default=40
        ax : matplotlib Axes, optional
        title : str, optional

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from tabemb import CategoryVectors
        >>> vectors = CategoryVectors(["red", "blue", "pink"], [[1, 0], [-1, 0.1], [0.9, 0.2]], name="colour")
        >>> vectors.plot_dendrogram(ax=Figure().subplots()).get_title(loc="left")
        'colour'
        """
        from tabemb.vectors.plots.similarity import plot_dendrogram

        return plot_dendrogram(cast("CategoryVectors", self), keys, top=top, ax=ax, title=title)
