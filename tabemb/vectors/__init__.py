"""The learned vectors of the categories of columns: queries, plots, file formats, indexes and databases.

Independent of networks: estimators pass their arrays to
:class:`~tabemb.vectors.category_vectors.CategoryVectors`.
"""

from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["CategoryVectors"]
