"""Load what was saved, by the class that its directory names."""

from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any

from tabemb.exceptions import FormatError, reading
from tabemb.files import read_whole
from tabemb.inference.saved import STATE_FILE, read_saved

__all__ = ["load"]

# The module of each class, and the one with the function that makes the object from the class and the content of its
# folder. They are imported when needed: recommenders take neither Keras nor TensorFlow.
CLASSES = {
    **{
        name: (f"tabemb.estimators.{module}", "tabemb.estimators.persistence", "estimator_from_state")
        for name, module in (
            ("EmbeddingClassifier", "classifier"),
            ("EmbeddingEncoder", "encoder"),
            ("EmbeddingPretrainer", "pretrainer"),
            ("EmbeddingRanker", "ranker"),
            ("EmbeddingRegressor", "regressor"),
        )
    },
    # Of a package above this one.
    "TwoTowerRecommender": ("tabemb.recommend.recommender", "tabemb.recommend.saved", "recommender_from_state"),
}


def load(path: str | PathLike[str]) -> Any:
    """Load an estimator or a recommender saved by its ``save`` method.

    A network is rebuilt from tabemb's own classes and filled with the saved weights. No code from the directory is
    run. A recommender is loaded without importing Keras or TensorFlow; for estimators,
    :func:`~tabemb.inference.predictor.load_predictor` does so.

    Parameters
    ----------
    path : str or Path
        The directory.

    Returns
    -------
    estimator
        The fitted estimator, of the class that was saved.

    Raises
    ------
    FormatError
        If the directory is missing, incomplete, or not a saved estimator.

    Examples
    --------
    >>> import pandas as pd, tempfile, tabemb
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 20})
    >>> model = tabemb.EmbeddingClassifier(max_epochs=2, random_state=0).fit(flights, flights["dest"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(f"{folder}/model")
    ...     again = tabemb.load(f"{folder}/model")
    >>> bool((again.predict_proba(flights) == model.predict_proba(flights)).all())
    True
    """
    path = Path(path)
    state, groups = read_whole(path, read_saved)
    name = state.get("class")
    if not isinstance(name, str) or name not in CLASSES:
        raise FormatError(f"{path / STATE_FILE} names an unknown class: {name!r}. Known: {', '.join(sorted(CLASSES))}.")
    home, reader, function = CLASSES[name]
    with reading(path, "a saved estimator", message="{place} is not a complete saved estimator: {reason}."):
        return getattr(import_module(reader), function)(getattr(import_module(home), name), state, groups)
