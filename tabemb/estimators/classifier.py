"""The classifier."""

from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight

from tabemb.estimators.base import FEWEST_ROWS_TO_SPLIT
from tabemb.estimators.calibration import best_temperature, held_out_logits
from tabemb.estimators.partial import PartialFitEstimator
from tabemb.estimators.serving import ClassifierPredictor
from tabemb.exceptions import DataError
from tabemb.nn.losses import ClassLoss, loss_of
from tabemb.nn.tasks import task_of

__all__ = ["EmbeddingClassifier"]


class EmbeddingClassifier(ClassifierMixin, PartialFitEstimator):
    """A neural network for classes that learns a vector for each category of each column.

    Entity embeddings as in Guo & Berkhahn 2016 (arXiv:1604.06737), with a learned row for unknown categories and an
    Adam that touches only the rows of the batch. One class of two, one of many, or several labels at once.

    Parameters
    ----------
    categorical : list of names, list of positions, boolean mask, or callable, optional
        Columns that hold categories although they look like numbers. Text, category, bool and object columns always do.
    embedding_dim : str, int or mapping, default="capped"
        Dimensions of the vectors: a rule ("capped", "fastai", "half", "google", "sqrt"), a number, or a number a
        column. "auto" finds out how many the data need and trains anew with so many, in two to three times the time;
        see :mod:`tabemb.estimators.auto_dim`. Columns that it does not name have those of their ``pretrained``
        vectors, or as many as tell the categories apart.
    body : str, mapping or Body, default="ensemble"
        The layers behind the vectors: "mlp", "resnet", "wide_deep", "deepfm", "cross", "ft_transformer", "tabm" or
        "ensemble"; see :mod:`tabemb.nn.bodies`.
    numeric : str, mapping or NumericEncoder, default="piecewise_linear"
        How numbers enter: "standardized", "robust", "quantile", "piecewise_linear", "periodic" or "pbld".
    min_frequency : int or float, optional
        Categories in fewer rows (or a smaller share of rows) are taken for unknown.
    max_categories : int, optional
        The most categories of a column; one of them is "unknown", for the rest.
    one_hot_max_categories : int or float, default=8
        Columns of at most so many categories enter one-hot and have no vectors; 0 gives vectors to all.
    category_dropout : float, default=0.05
        Share of known cells that training shows as "unknown", so that the vector for unseen categories is learned.
    handle_unknown : str, mapping or UnknownStrategy, default="learned"
        What serves for categories that training had in no row: "learned", the vector that ``category_dropout`` taught;
        "zero"; "mean", of the known ones by their counts; "nearest" (``min_similarity``), that of the known category
        with the most similar name, and the learned one where none is similar.
    damping : float, default=10.0
        How many times a step a category has to come for its vector to move almost as far at each as Adam has it; those
        of rarer ones move less, in proportion to how often they come, so that few rows are not learned by heart. 0 lets
        all run: for vectors that are to tell rare categories apart, where training is long or rows are many.
    shrinkage : float, default=0.0
        How many rows the prior is worth that the categories of a column are alike: a random effect. It pulls vectors to
        the column's mean, and holds those of fewer rows back; 0 for none.
    pretrained : mapping of str to vectors, optional
        Vectors that columns begin with: for each its ``CategoryVectors``, gensim's ``KeyedVectors``, the path of a file
        (GloVe, word2vec, or what ``CategoryVectors.save`` wrote), a mapping from key to vector, or a frame. Or
        ``vectors_`` of another fit, of which the columns count that are here too. Categories that come up later are
        not looked up: ``handle_unknown="nearest"`` serves them well. See :mod:`tabemb.estimators.pretrained`.
    freeze : bool, "found", int, or mapping from column to one of these, default=False
        What training leaves as it began in these columns: True, all rows; "found", those that were found; a number, the
        same for so many epochs.
    learning_rate : float, default=0.002
        Learning rate of Adam.
    embedding_rate : float or "auto", default="auto"
        Learning rate of the vectors, as a multiple of that. "auto" is 3 where they are as wide as "capped" makes them,
        more where they are narrower and less where they are wider; see :func:`tabemb.nn.sizes.rate_of_table`.
    schedule : str, mapping or Schedule, default="constant"
        How the learning rate moves: "constant", "cosine" or "linear".
    weight_decay : float, default=0.0
        Decoupled weight decay.
    batch_size : int or "auto", default="auto"
        Rows a step; "auto" takes 32 to 1024, by the number of rows.
    max_epochs : int, default=100
        The most passes over the rows.
    early_stopping : bool, default=True
        Whether a validation part is set aside, to stop in time and keep the best epoch's weights. Fewer than 20 rows
        are never split.
    validation_fraction : float, default=0.1
        Share of rows set aside.
    n_iter_no_change : int, default=5
        Epochs without a better validation loss after which training stops.
    tol : float, default=1e-4
        By how much a loss must be better to count.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss.
    loss : str, mapping or ClassLoss, default="cross_entropy"
        What training makes small: "cross_entropy", or "focal" (``gamma``), which looks at hard rows more.
    label_smoothing : float, default=0.0
        Share of each target that training spreads evenly over all classes, in [0, 1), so that it does not strive for
        probabilities of 0 and 1.
    calibration : {None, "temperature"}, default=None
        "temperature" divides the logits by the number that makes the log loss of the validation part least (Guo et al.
        2017, arXiv:1706.04599): the classes stay, and probabilities become as sure as they are right.
    n_ensemble : int, default=1
        Number of networks whose probabilities are averaged. They share the vocabularies and the start of the vectors;
        each has its own start of all else, its own order of rows and its own validation part.
    callbacks : list of keras.callbacks.Callback, optional
        Epoch hooks are called every epoch, batch hooks once per chunk of steps.
    random_state : int, RandomState or None, default=None
        An integer makes fits repeat exactly on one machine.
    verbose : int, default=0
        Whether a progress bar is shown.

    Attributes
    ----------
    vectors_ : mapping of str to CategoryVectors
        The vectors of each embedded column; of an ensemble the mean of the members', turned towards the first.
    schema_ : Schema
        What each column was taken for.
    network_ : keras.Model
        The network, ending in logits; of an ensemble the first.
    networks_ : list of keras.Model
        The networks of all members.
    history_ : dict of str to list of float
        Loss, validation loss, validation figure and learning rate of each epoch; of an ensemble the first member's.
    histories_ : list of dict
        The same of each member.
    n_epochs_, best_epoch_ : int
        Epochs trained, and the one (from 1) whose weights were kept; of the first member.
    temperature_ : float
        What logits are divided by; 1 without calibration.
    classes_ : ndarray
        The classes, sorted.
    pretrained_report_ : PretrainedReport
        For each column of ``pretrained`` how many categories were found, and in which way.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Names of the columns, where they have names.

    Examples
    --------
    >>> import pandas as pd
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 50, "hour": list(range(5, 15)) * 10})
    >>> late = ["late" if dest == "MIA" else "on time" for dest in flights["dest"]]
    >>> model = EmbeddingClassifier(max_epochs=50, one_hot_max_categories=0, random_state=0).fit(flights, late)
    >>> model.predict(flights.head(2))
    array(['on time', 'late'], dtype='<U7')
    >>> model.vectors_["dest"].index_to_key
    ['IAH', 'MIA']
    """

    def __init__(
        self,
        categorical=None,
        *,
        embedding_dim="capped",
        body="ensemble",
        numeric="piecewise_linear",
        min_frequency=None,
        max_categories=None,
        one_hot_max_categories=8,
        category_dropout=0.05,
        handle_unknown="learned",
        damping=10.0,
        shrinkage=0.0,
        pretrained=None,
        freeze=False,
        learning_rate=2e-3,
        embedding_rate="auto",
        schedule="constant",
        weight_decay=0.0,
        batch_size="auto",
        max_epochs=100,
        early_stopping=True,
        validation_fraction=0.1,
        n_iter_no_change=5,
        tol=1e-4,
        class_weight=None,
        loss="cross_entropy",
        label_smoothing=0.0,
        calibration=None,
        n_ensemble=1,
        callbacks=None,
        random_state=None,
        verbose=0,
    ):
        self.categorical = categorical
        self.embedding_dim = embedding_dim
        self.body = body
        self.numeric = numeric
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.one_hot_max_categories = one_hot_max_categories
        self.category_dropout = category_dropout
        self.handle_unknown = handle_unknown
        self.damping = damping
        self.shrinkage = shrinkage
        self.pretrained = pretrained
        self.freeze = freeze
        self.learning_rate = learning_rate
        self.embedding_rate = embedding_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.class_weight = class_weight
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.calibration = calibration
        self.n_ensemble = n_ensemble
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @property
    def classes_(self) -> np.ndarray:
        """The classes, sorted."""
        return self.task_.classes

    @property
    def temperature_(self) -> float:
        """What the logits are divided by before they become probabilities; 1 without calibration."""
        return self.task_.temperature

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "EmbeddingClassifier":
        """Learn vectors and network.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            pandas, polars, Arrow or numpy.
        y : array-like of shape (n_rows,) or (n_rows, n_labels)
            Classes, or an indicator matrix of labels.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row in the loss; a row of weight 0 is left out.

        Returns
        -------
        self : EmbeddingClassifier

        Raises
        ------
        DataError
            When the table, the classes or the weights cannot be used, or no validation part is there to calibrate by.
        """
        return self._fit(X, y, sample_weight)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> "EmbeddingClassifier":
        """Learn from a portion of rows: one pass over them.

        The first portion settles the vocabularies, the scales of the numbers and the classes; categories that come
        later are unknown ones.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            The portion.
        y : array-like of shape (n_rows,) or (n_rows, n_labels)
            Its classes.
        classes : array-like of shape (n_classes,), optional
            All classes that will come; needed with the first portion where it lacks some.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row.

        Returns
        -------
        self : EmbeddingClassifier

        Raises
        ------
        DataError
            When the portion cannot be used, or ``class_weight="balanced"``: one portion does not know the shares. With
            ``calibration``: a portion has no validation part.
        """
        if self.calibration is not None:
            raise DataError(
                f"calibration={self.calibration!r} is not supported for partial_fit, since a portion is learned whole "
                "and leaves no validation part to calibrate by. Set calibration=None, or fit all rows at once."
            )
        if self.class_weight == "balanced":
            raise DataError(
                "class_weight='balanced' is not supported for partial_fit, since a portion does not know how frequent "
                "the classes are. Give the weights as a dict, for instance from "
                "sklearn.utils.class_weight.compute_class_weight('balanced', classes=classes, y=all_targets)."
            )
        return self._partial_fit(
            X, y, sample_weight, lambda data: self._class_task(data.targets if classes is None else np.asarray(classes))
        )

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each row (or the labels above one half)."""
        probabilities = self._activated(X)
        return self.task_.decide(probabilities)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class, of shape (n_rows, n_classes), in the order of ``classes_``.

        With several labels: the probability of each label, of shape (n_rows, n_labels).
        """
        return self._activated(X)

    def predictor(self) -> ClassifierPredictor:
        """Return the classifier as it is now, prepared for single rows: a copy that answers without Keras.

        Returns
        -------
        ClassifierPredictor
            With ``predict`` and ``predict_proba`` of tables and ``predict_encoded`` and ``predict_proba_encoded`` of
            encoded rows; for threads, and to be pickled.
        """
        return ClassifierPredictor.of(self)

    def _wants_numbers(self):
        return False

    def _task_of(self, data):
        if self.calibration is not None and not self._sets_aside(len(data.targets)):
            raise DataError(
                f"calibration={self.calibration!r} needs a validation part, and none is set aside: that takes "
                f"early_stopping=True and {FEWEST_ROWS_TO_SPLIT} rows or more; here are {len(data.targets)}, and "
                f"early_stopping={self.early_stopping}."
            )
        return self._class_task(data.targets)

    def _class_task(self, targets):
        loss = loss_of(self.loss, ClassLoss)
        return task_of(targets, classifier=True, loss=loss, label_smoothing=self.label_smoothing)

    def _adjust_task(self, rows, of_networks):
        if self.calibration is None:
            return
        held = [self._split(rows, seeds)[1] for seeds in of_networks]
        logits = [held_out_logits(*each) for each in zip(self._networks, held, strict=True)]
        temperature = best_temperature(
            self.task_,
            np.concatenate([part.targets for part in held]),
            np.concatenate(logits),
            None if rows.weights is None else np.concatenate([part.weights for part in held]),
        )
        self.task_ = replace(self.task_, temperature=temperature)

    def _class_weighted(self, targets, weights):
        if self.class_weight is None:
            return weights
        if isinstance(self.class_weight, Mapping):
            known = self.task_.classes if hasattr(self, "task_") else np.unique(targets)
            by_class = _weights_of(self.class_weight, targets, known)
        elif isinstance(self.class_weight, str) and self.class_weight == "balanced":
            by_class = compute_sample_weight("balanced", targets)
        else:
            raise DataError(f"class_weight must be 'balanced', a dict or None; got {self.class_weight!r}.")
        return by_class if weights is None else by_class * weights


def _weights_of(by_class: Mapping, targets: np.ndarray, classes: np.ndarray) -> np.ndarray:
    if targets.ndim > 1:
        raise DataError("class_weight as a dict is for one column of classes; several labels can be 'balanced'.")
    strange = [key for key in by_class if key not in classes.tolist()]
    # A class that a portion or a part of the rows lacks is no error; a key that is no class at all is.
    if strange and len(strange) == len(by_class):
        raise DataError(f"class_weight names none of the classes {classes.tolist()}; its keys are {list(by_class)}.")
    weights = np.ones(len(targets))
    for key, weight in by_class.items():
        if isinstance(weight, bool) or not isinstance(weight, Real) or not 0 < weight < np.inf:
            raise DataError(f"class_weight must be positive numbers; the class {key!r} has {weight!r}.")
        weights[targets == key] = weight
    return weights
