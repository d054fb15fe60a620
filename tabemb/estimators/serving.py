"""Make the predictor of a fitted estimator, and the program that is saved with it."""

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tabemb.exceptions import UnknownNameError
from tabemb.inference.answers import ANSWERS
from tabemb.inference.predictor import PREDICTORS, Predictor, WeightedNetwork
from tabemb.inference.vector_lookup import VectorLookup
from tabemb.nn.network import Network
from tabemb.table.encoded_table import EncodedTable
from tabemb.training.forward import forward_of

__all__ = ["TensorFlowForward", "inference_state", "make_lookup", "make_predictor", "predictor_class"]


@dataclass(frozen=True, eq=False)
class TensorFlowForward:
    """A copy of a network that runs in TensorFlow, because one of its layers has no NumPy form.

    Parameters
    ----------
    network : Network
    """

    network: Network

    def logits(self, table: EncodedTable) -> np.ndarray:
        """Return the logits of encoded rows, of shape (n, n_outputs)."""
        return forward_of(self.network).logits(table)


def make_predictor(estimator: Any) -> Predictor:
    """Return the predictor of a fitted classifier, regressor or ranker, with copies of its current weights.

    Parameters
    ----------
    estimator : EmbeddingClassifier, EmbeddingRegressor or EmbeddingRanker

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    """
    check_is_fitted(estimator, "encoder_")
    beside = estimator._beside
    return predictor_class(estimator)(
        encoder=estimator.encoder_,
        answer=estimator.task_.answer,
        networks=tuple(map(_frozen, estimator._networks)),
        obstacle=forward_of(estimator._networks[0]).obstacle,
        statistics=None if beside is None else WeightedNetwork(_frozen(beside.network), beside.share),
        n_features_in_=estimator.n_features_in_,
        feature_names_in_=getattr(estimator, "feature_names_in_", None),
    )


def make_lookup(estimator: Any) -> VectorLookup:
    """Return the predictor of a fitted transformer, with copies of its current vectors.

    Parameters
    ----------
    estimator : EmbeddingEncoder or EmbeddingPretrainer

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    """
    check_is_fitted(estimator, "encoder_")
    network = estimator._network
    return VectorLookup(
        encoder=estimator.encoder_,
        tables=tuple((feature.position, network.vectors(feature)) for feature in network.spec.features),
        queries={
            feature.position: network.query(feature).numpy()
            for feature in network.spec.features
            if network.query(feature) is not None
        },
        names_out=tuple(estimator.get_feature_names_out().tolist()),
        remainder=estimator.remainder == "passthrough",
        n_features_in_=estimator.n_features_in_,
        feature_names_in_=getattr(estimator, "feature_names_in_", None),
    )


def _frozen(network):
    program = forward_of(network).program()
    return TensorFlowForward(copy.copy(network)) if program is None else program.prepared()


def predictor_class(estimator: Any) -> type[Predictor | VectorLookup]:
    """Return the class of an estimator's predictor. A subclass has the predictor of its nearest base class."""
    return next(PREDICTORS[each.__name__] for each in type(estimator).__mro__ if each.__name__ in PREDICTORS)


def inference_state(estimator: Any) -> dict[str, Any]:
    """Return what is saved for :func:`tabemb.load_predictor`, ready for JSON.

    Parameters
    ----------
    estimator : EmbeddingEstimator
        Fitted.

    Returns
    -------
    dict
        Of a transformer, ``tables``: for each column with vectors its position and the name of its weights;
        ``names_out`` and ``remainder``. Of others, ``answer`` and, for each network, a program with the names of its
        weights, and for a network of target statistics another one with its share; or ``obstacle``, the reason why the
        networks cannot run without TensorFlow.
    """
    if issubclass(predictor_class(estimator), VectorLookup):
        return _lookup_state(estimator)
    beside = [] if estimator._beside is None else [estimator._beside.network]
    forwards = [forward_of(network) for network in (*estimator._networks, *beside)]
    programs = [forward.program() for forward in forwards]
    if None in programs:
        return {"obstacle": next(each.obstacle for each in forwards if each.obstacle)}
    try:
        states = [program.to_state() for program in programs]
        answer = {"name": ANSWERS.name_of(estimator.task_.answer), **estimator.task_.answer.to_state()}
    except UnknownNameError as error:
        return {"obstacle": str(error).rstrip(".")}
    for state, forward in zip(states, forwards, strict=True):
        state["weights"] = {name: f"{place:04d}" for name, place in forward.places().items()}
    if not beside:
        return {"answer": answer, "programs": states}
    *states, of_statistics = states
    statistics = {"program": of_statistics, "share": estimator._beside.share}
    return {"answer": answer, "programs": states, "statistics": statistics}


def _lookup_state(estimator):
    network = estimator._network
    places = {id(variable): f"{place:04d}" for place, variable in enumerate(network.model.weights)}
    tables = [
        {
            "position": feature.position,
            "weight": places[id(network.tables[feature.table].embeddings)],
            **({} if network.query(feature) is None else {"query": places[id(network.query(feature))]}),
        }
        for feature in network.spec.features
    ]
    return {
        "tables": tables,
        "names_out": estimator.get_feature_names_out().tolist(),
        "remainder": estimator.remainder == "passthrough",
    }
