"""The networks of an estimator as JSON values and arrays, and back."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from tabemb.estimators.ensemble import weights_by_name
from tabemb.estimators.network_specs import statistics_spec
from tabemb.estimators.persistence import only_these_weights
from tabemb.estimators.statistics_network import StatisticsNetwork
from tabemb.nn.network import Network

__all__ = ["networks_to_state", "take_networks"]

# Group of the weights of the network of target statistics.
STATISTICS = "network-statistics"


def networks_to_state(estimator: Any) -> tuple[dict[str, Any], dict[str, dict[str, np.ndarray]]]:
    """Return the networks of a fitted estimator: JSON values by name, and weights by group and name.

    Parameters
    ----------
    estimator : EmbeddingEstimator
    """
    networks, beside = estimator._networks, estimator._beside
    arrays = {f"network-{place}": weights_by_name(network) for place, network in enumerate(networks)}
    state: dict[str, Any] = {
        "networks": [{"seed": network.spec.seed} for network in networks],
        "sizes": {table.name: table.embedding_dim for table in networks[0].tables},
        # Neither these nor the columns with tables follow from the number of categories once vocabularies have grown.
        "rates": {table.name: table.rate for table in networks[0].tables},
        "blocks": {table.name: table.blocks for table in networks[0].tables if table.blocks},
    }
    if beside is not None:
        arrays[STATISTICS] = weights_by_name(beside.network)
        state["statistics"] = {
            "seed": beside.network.spec.seed,
            "share": beside.share,
            "narrowed": True,
            "n_members": beside.network.spec.body.n_members,
        }
    return state, arrays


def take_networks(estimator: Any, state: Mapping[str, Any], arrays: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Give an estimator the networks of :func:`networks_to_state`; all else that was fitted is restored already."""
    estimator._network, *others = [
        _rebuilt(
            partial(
                estimator._network_from_seed, each["seed"], state["sizes"], state.get("rates"), state.get("blocks")
            ),
            arrays[f"network-{place}"],
        )
        for place, each in enumerate(state["networks"])
    ]
    estimator._others, estimator._beside = tuple(others), None
    # Estimators that were saved before there were target statistics have none.
    if (saved := state.get("statistics")) is not None:
        narrowed, n_members = saved.get("narrowed", False), saved.get("n_members")
        spec = statistics_spec(estimator, int(saved["seed"]), narrowed=narrowed, n_members=n_members)
        network = _rebuilt(lambda: Network(spec), arrays[STATISTICS])
        estimator._beside = StatisticsNetwork(network, float(saved["share"]))


def _rebuilt(make: Callable[[], Network], arrays: Mapping[str, np.ndarray]) -> Network:
    weights = list(arrays.values())
    with only_these_weights(weights):
        network = make()
    network.model.set_weights(weights)
    return network
