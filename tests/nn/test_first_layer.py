"""What the first layer makes of the vectors of each column."""

import numpy as np
import pytest

from tabemb.nn.bodies import BODIES, Cross, DeepFM, Ensemble, FTTransformer, Mlp, ResNet, TabM, WideDeep
from tabemb.nn.embedding import FeatureSpec, OneHotSpec, TableSpec
from tabemb.nn.first_layer import first_kernels
from tabemb.nn.network import Network, NetworkSpec
from tabemb.nn.numeric import Standardized

DIMS = {"origin": 8, "dest": 16, "month": 3}


def network(body, *, dims=DIMS, n_numbers=2, one_hot=True):
    features = tuple(
        FeatureSpec(name=name, position=place, table=TableSpec(name=name, vocabulary_size=9, embedding_dim=dim))
        for place, (name, dim) in enumerate(dims.items())
    )
    others = (OneHotSpec(name="promo", position=len(dims), vocabulary_size=4),) if one_hot else ()
    return Network(
        NetworkSpec(
            features=features,
            one_hot=others,
            n_numbers=n_numbers,
            n_outputs=2,
            body=body,
            numeric=Standardized(),
            seed=0,
        )
    )


@pytest.mark.parametrize(
    ("body", "layer"),
    [
        (Mlp(hidden_units=(5, 4)), "hidden_0"),
        (Mlp(hidden_units=()), "logits"),
        (ResNet(width=6, hidden_units=(4,)), "path"),
        (WideDeep(hidden_units=(5,)), "hidden_0"),
        (WideDeep(hidden_units=()), "wide"),
    ],
)
def test_of_a_dense_layer_it_is_the_columns_part_of_the_kernel(body, layer):
    made = network(body)
    kernel = made.trunk.get_layer(layer).kernel.numpy()
    found = first_kernels(made)
    start = 0
    for feature in made.spec.embedded:
        dim = DIMS[feature.name]
        np.testing.assert_allclose(found[feature.name], kernel[start : start + dim], atol=1e-5)
        start += dim


def test_of_members_with_slices_it_is_their_own_part_of_each_vector():
    made = network(Ensemble(n_members=2, hidden_units=(5,)), dims={"origin": 8, "month": 3})
    kernel = made.trunk.get_layer("hidden_0").kernel.numpy()
    found = first_kernels(made)
    assert {name: each.shape for name, each in found.items()} == {"origin": (8, 10), "month": (3, 10)}
    np.testing.assert_allclose(found["origin"][:4, :5], kernel[0, :4], atol=1e-5)
    np.testing.assert_allclose(found["origin"][4:, 5:], kernel[1, :4], atol=1e-5)
    # No member sees the slice of another; a short vector is seen whole by both.
    assert np.abs(found["origin"][4:, :5]).max() < 1e-6
    np.testing.assert_allclose(found["month"], np.hstack([kernel[0, 4:7], kernel[1, 4:7]]), atol=1e-5)


def test_of_members_with_scales_the_scales_are_in_it():
    made = network(TabM(n_members=3, hidden_units=(5,)), one_hot=False)
    layer = made.trunk.get_layer("hidden_0")
    scales = layer.input_scale.numpy().reshape(3, -1)
    found = np.vstack([first_kernels(made)[feature.name] for feature in made.spec.embedded])
    wanted = np.hstack([scale[:, None] * layer.kernel.numpy() for scale in scales])
    np.testing.assert_allclose(found, wanted[: len(found)], atol=1e-5)


@pytest.mark.parametrize("body", [Cross(), DeepFM(), FTTransformer(), TabM(hidden_units=())])
def test_other_bodies_have_none(body):
    assert first_kernels(network(body)) is None


def test_a_network_without_vectors_has_none():
    assert first_kernels(network(Mlp(hidden_units=(3,)), dims={})) is None


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_layer_that_a_body_names_is_there_and_reads_all_vectors(name):
    body = BODIES.resolve(name)
    found = first_kernels(network(body))
    assert (found is None) is (body.first_layer is None)
    for kernel in (found or {}).values():
        assert np.abs(kernel).max(axis=1).min() > 0
