"""The classes of scikit-learn from which estimators inherit, with types for mypy.

To mypy, a class of a package without types is anything, and so is whatever inherits from it: it would find no
misspelled method of an estimator. Therefore mypy, which takes a variable ``MYPY`` for true, reads
:mod:`tabemb.estimators.typed_scikit` instead. Python, and other type checkers, see scikit-learn's own classes.
"""

from typing import TYPE_CHECKING

MYPY = False

if MYPY:
    from tabemb.estimators.typed_scikit import BaseEstimator as BaseEstimator
    from tabemb.estimators.typed_scikit import ClassifierMixin as ClassifierMixin
    from tabemb.estimators.typed_scikit import RegressorMixin as RegressorMixin
    from tabemb.estimators.typed_scikit import TransformerMixin as TransformerMixin
else:
    from sklearn.base import BaseEstimator as BaseEstimator
    from sklearn.base import ClassifierMixin as ClassifierMixin
    from sklearn.base import RegressorMixin as RegressorMixin
    from sklearn.base import TransformerMixin as TransformerMixin

if TYPE_CHECKING:
    # No type checker sees through the descriptor of scikit-learn.
    from tabemb.estimators.typed_scikit import available_if as available_if
else:
    from sklearn.utils.metaestimators import available_if as available_if
