"""The registry of downstream models, and their base class."""

from typing import Any, ClassVar

from sklearn.base import BaseEstimator

from tabemb.experiments.comparison.targets import Target
from tabemb.registry import Registry

__all__ = ["DOWNSTREAM", "DownstreamModel"]


class DownstreamModel(BaseEstimator):
    """A scikit-learn model that is fed one-hot columns (or categories, if it reads them) and vectors.

    Attributes
    ----------
    description : str
        One-line description.
    reads_categories : bool
        Whether its plain form is a matrix of category codes instead of one-hot columns.
    """

    description: ClassVar[str] = ""
    reads_categories: ClassVar[bool] = False

    def build(self, target: Target, random_state: int | None, categories: list[int] | None = None) -> Any:
        """Return an unfitted model, not yet wrapped for several outputs.

        Parameters
        ----------
        target : Target
            The kind of target.
        random_state : int or None
            Random seed.
        categories : list of int, optional
            Positions of the columns that hold category codes; only for models that read categories.
        """
        raise TypeError(f"{type(self).__name__} must define build(target, random_state, categories)")


DOWNSTREAM: Registry[DownstreamModel] = Registry("downstream model")
