import sklearn.base
import sklearn.utils.metaestimators

from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingRegressor
from tabemb.estimators import scikit


def test_estimators_are_those_of_scikit_learn():
    assert issubclass(EmbeddingClassifier, (sklearn.base.BaseEstimator, sklearn.base.ClassifierMixin))
    assert issubclass(EmbeddingRegressor, sklearn.base.RegressorMixin)
    assert issubclass(EmbeddingEncoder, sklearn.base.TransformerMixin)
    assert scikit.available_if is sklearn.utils.metaestimators.available_if
