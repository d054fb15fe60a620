"""Frozen predictors of trained estimators, for low latency and for processes without Keras and TensorFlow."""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Protocol, TypeVar, overload

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError, TabembError
from tabemb.files import read_whole
from tabemb.inference.answers import Answer, ClassAnswer, RankingAnswer, answer_from_state, mean_of, mixed
from tabemb.inference.blocks import in_blocks
from tabemb.inference.program import Program
from tabemb.inference.reader import TableReader
from tabemb.inference.saved import read_saved
from tabemb.inference.vector_lookup import VectorLookup
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import read_frame
from tabemb.table.types import TableLike

__all__ = ["ClassifierPredictor", "ForwardPass", "Predictor", "RankerPredictor", "WeightedNetwork", "load_predictor"]

Array = npt.NDArray[Any]
Kind = TypeVar("Kind", bound=TableReader)


class ForwardPass(Protocol):
    """Anything that returns logits for encoded rows, such as a network in TensorFlow."""

    def logits(self, table: EncodedTable) -> Array:
        """Return the logits, of shape (n, n_outputs)."""


@dataclass(frozen=True, eq=False)
class WeightedNetwork:
    """A network whose logits are averaged with those of others.

    Parameters
    ----------
    network : Program or ForwardPass
        The network.
    share : float
        Its share in the mean.
    """

    network: Program | ForwardPass
    share: float


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Predictor(TableReader):
    """Frozen, thread-safe predictor of a regressor for low latency.

    ``estimator.predictor()`` and :func:`tabemb.load_predictor` return one. Its weights are a copy: further training of
    the estimator does not change it. It runs in NumPy, without Keras and TensorFlow, can be called from several threads
    at once, and can be pickled. If the network has a layer without a NumPy form (``obstacle`` says which), a copy of
    the network runs in TensorFlow instead, with the same predictions but more slowly.

    Parameters
    ----------
    encoder : TableEncoder
        Encodes tables as matrices of indices and numbers.
    answer : Answer
        Converts logits to predictions.
    networks : tuple of Program or ForwardPass
        The network, or the members of an ensemble, whose predictions are averaged.
    obstacle : str or None
        Why the networks run in TensorFlow; None if they run in NumPy.
    n_features_in_ : int
        Number of columns of a table.
    feature_names_in_ : ndarray of str or None
        Column names, if the table of the fit had names.
    statistics : WeightedNetwork, optional
        A network of target statistics, whose logits are averaged with those of each other network.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingRegressor
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 50})
    >>> model = EmbeddingRegressor(max_epochs=2, random_state=0).fit(flights, [5.0, 25.0] * 50)
    >>> predictor = model.predictor()
    >>> rows = predictor.encode(pd.DataFrame({"dest": ["MIA", "never seen"]}))
    >>> predictor.predict_encoded(rows).shape
    (2,)
    """

    answer: Answer
    networks: tuple[Program | ForwardPass, ...]
    obstacle: str | None
    statistics: WeightedNetwork | None = None

    def encode(self, X: TableLike) -> EncodedTable:
        """Encode a table as matrices of category indices and of numbers.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            As for the estimator's ``predict``.

        Raises
        ------
        DataError
            If the table does not have the columns of the fit.
        """
        return self.encoder.encode(self._read(X))

    def predict(self, X: TableLike) -> Array:
        """Return the predictions of the estimator at the time when the predictor was made."""
        return self.predict_encoded(self.encode(X))

    def predict_encoded(self, table: EncodedTable) -> Array:
        """Return the predictions for encoded rows.

        Parameters
        ----------
        table : EncodedTable
            From :meth:`encode`.

        Raises
        ------
        DataError
            If the rows have other columns than the network, or an index that is not in a vocabulary.
        """
        return self.answer.decide(self._activated(table))

    def __repr__(self) -> str:
        how = "NumPy" if self.obstacle is None else f"TensorFlow, since {self.obstacle}"
        answer = type(self.answer).__name__.removesuffix("Answer")
        return f"{type(self).__name__}({self.n_features_in_} columns, {answer}, through {how})"

    def _activated(self, table: EncodedTable) -> Array:
        self._check(table, "predict")
        logits = (self._logits(network, table) for network in self.networks)
        if self.statistics is not None:
            beside, share = self._logits(self.statistics.network, table), self.statistics.share
            logits = (mixed(each, beside, share) for each in logits)
        return mean_of(self.answer.activate(each) for each in logits)

    def _logits(self, network: Program | ForwardPass, table: EncodedTable) -> Array:
        if isinstance(network, Program):
            return in_blocks(lambda rows: self._run(network, table.take(rows).compact()), len(table))
        self._check_indices(table)
        return network.logits(table)

    def _run(self, program: Program, rows: EncodedTable) -> Array:
        self._check_indices(rows)
        return program.run(rows.inputs())


class ClassifierPredictor(Predictor):
    """Frozen, thread-safe predictor of a classifier for low latency; see :class:`Predictor`.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingClassifier
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 50})
    >>> model = EmbeddingClassifier(max_epochs=20, random_state=0).fit(flights, ["on time", "late"] * 50)
    >>> predictor = model.predictor()
    >>> row = predictor.encode(pd.DataFrame({"dest": ["MIA"]}))
    >>> predictor.predict_encoded(row), predictor.predict_proba_encoded(row).shape
    (array(['late'], dtype='<U7'), (1, 2))
    """

    answer: ClassAnswer

    @property
    def classes_(self) -> Array:
        """The classes, sorted."""
        return self.answer.classes

    def predict_proba(self, X: TableLike) -> Array:
        """Return the probabilities of the estimator at the time when the predictor was made."""
        return self.predict_proba_encoded(self.encode(X))

    def predict_proba_encoded(self, table: EncodedTable) -> Array:
        """Return the probabilities for encoded rows; see :meth:`predict_encoded`."""
        return self._activated(table)


class RankerPredictor(Predictor):
    """Frozen, thread-safe predictor of a ranker for low latency; see :class:`Predictor`.

    Tables may have the column of groups, which is ignored.

    Examples
    --------
    >>> import pandas as pd
    >>> from tabemb import EmbeddingRanker
    >>> results = pd.DataFrame({"query": range(50), "site": ["a", "b"] * 25}).loc[lambda each: each.index.repeat(2)]
    >>> results["device"] = ["phone", "desktop"] * 50
    >>> model = EmbeddingRanker("query", max_epochs=2, random_state=0).fit(results, [0, 1] * 50)
    >>> model.predictor().predict(results.head(3)).shape
    (3,)
    """

    answer: RankingAnswer

    def encode(self, X: TableLike) -> EncodedTable:
        """Encode a table, which may have the column of groups, as matrices of category indices and of numbers."""
        return super().encode(read_frame(X).without(self.answer.group))


PREDICTORS: Mapping[str, type[Predictor | VectorLookup]] = {
    "EmbeddingClassifier": ClassifierPredictor,
    "EmbeddingEncoder": VectorLookup,
    "EmbeddingPretrainer": VectorLookup,
    "EmbeddingRanker": RankerPredictor,
    "EmbeddingRegressor": Predictor,
}


@overload
def load_predictor(path: str | PathLike[str]) -> Predictor: ...


@overload
def load_predictor(path: str | PathLike[str], kind: type[Kind]) -> Kind: ...


def load_predictor(path: str | PathLike[str], kind: type[TableReader] | None = None) -> Any:
    """Load the predictor of an estimator that was saved with ``save``, without Keras and TensorFlow.

    Parameters
    ----------
    path : str or path
        The directory.
    kind : type, optional
        The class that is expected: ``Predictor``, ``ClassifierPredictor``, ``RankerPredictor`` or ``VectorLookup``. A
        type checker then knows the methods of the result, and a predictor of another class is an error.

    Returns
    -------
    Predictor, ClassifierPredictor, RankerPredictor or VectorLookup
        A :class:`~tabemb.inference.vector_lookup.VectorLookup` for a saved encoder or pretrainer.

    Raises
    ------
    FormatError
        If the directory does not exist, is damaged, holds an estimator that cannot run without TensorFlow, or one of
        another kind.

    See Also
    --------
    tabemb.load : Load the estimator itself, which can also be trained further.

    Examples
    --------
    >>> import pandas as pd, tempfile, tabemb
    >>> flights = pd.DataFrame({"dest": ["IAH", "MIA"] * 20})
    >>> model = tabemb.EmbeddingClassifier(max_epochs=2, random_state=0).fit(flights, flights["dest"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(f"{folder}/model")
    ...     predictor = tabemb.load_predictor(f"{folder}/model")
    >>> predictor.predict_proba(flights.head(3)).shape
    (3, 2)
    """
    path = Path(path)
    state, arrays = read_whole(path, read_saved)
    name, inference = state.get("class"), state.get("inference")
    if not isinstance(name, str) or name not in PREDICTORS:
        raise FormatError(f"{path} holds an estimator that has no predictor: {name!r}. Load it with tabemb.load(path).")
    if inference is None:
        raise FormatError(
            f"{path} was saved by an older version of tabemb, without a predictor. Load it with tabemb.load(path), and "
            "save it again."
        )
    if isinstance(inference, Mapping) and "obstacle" in inference:
        raise FormatError(
            f"{path} holds an estimator that cannot run without TensorFlow, since {inference['obstacle']}. Load it "
            "with tabemb.load(path), and call its predictor()."
        )
    if kind is not None and not issubclass(PREDICTORS[name], kind):
        raise FormatError(
            f"{path} holds an {name}, whose predictor is a {PREDICTORS[name].__name__}; expected a {kind.__name__}."
        )
    try:
        return _read_predictor(PREDICTORS[name], state, inference, arrays)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error
    except Exception as error:
        # Any error: the state comes from a file, and no list of what it may cause is complete.
        raise FormatError(f"{path} is not a complete saved estimator: {str(error).rstrip('.')}.") from error


def _read_predictor(
    made: type[Predictor | VectorLookup],
    state: Mapping[str, Any],
    inference: Mapping[str, Any],
    arrays: Mapping[str, Mapping[str, Array]],
) -> Predictor | VectorLookup:
    names = state["feature_names_in"]
    encoder = TableEncoder.from_state(state["table"], arrays["table"])
    columns: dict[str, Any] = {
        "n_features_in_": int(state["n_features_in"]),
        "feature_names_in_": np.asarray(names, dtype=object) if names else None,
    }
    if issubclass(made, VectorLookup):
        return made.from_saved(inference, arrays["network-0"], encoder, **columns)
    predictor = made(
        encoder=encoder,
        answer=answer_from_state(inference["answer"]),
        networks=tuple(
            _program(each, arrays[f"network-{number}"]) for number, each in enumerate(inference["programs"])
        ),
        obstacle=None,
        statistics=_statistics(inference.get("statistics"), arrays),
        **columns,
    )
    _try_out(predictor)
    return predictor


def _program(state: Mapping[str, Any], weights: Mapping[str, Array]) -> Program:
    """Return a saved program, prepared; its arrays are among the weights of its network."""
    arrays = {str(name): weights[weight] for name, weight in state["weights"].items()}
    return Program.from_state(state, arrays).prepared()


def _statistics(state: Mapping[str, Any] | None, arrays: Mapping[str, Mapping[str, Array]]) -> WeightedNetwork | None:
    if state is None:
        return None
    return WeightedNetwork(_program(state["program"], arrays["network-statistics"]), float(state["share"]))


def _try_out(predictor: Predictor) -> None:
    """Run the networks on zero rows, to detect arrays of the wrong shape."""
    none = predictor.encoder.no_rows()
    if not predictor.networks:
        raise ValueError("it has no network")
    try:
        answers = predictor._activated(none)
    except TabembError as error:
        raise ValueError(str(error)) from error
    if isinstance(predictor, ClassifierPredictor) and predictor.predict_encoded(none).shape[:1] != answers.shape[:1]:
        raise ValueError("the network and the classes do not match")
