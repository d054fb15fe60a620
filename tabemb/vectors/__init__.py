"""What was learned: the vectors of a column's categories, asked, drawn, written and read.

Knows nothing of networks: the estimators pour their arrays into
:class:`~tabemb.vectors.category_vectors.CategoryVectors`.
"""

from tabemb.vectors.category_vectors import CategoryVectors

__all__ = ["CategoryVectors"]
