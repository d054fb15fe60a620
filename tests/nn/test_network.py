"""The network: model, trunk, shared tables, copies, and the kernels of its first layer."""

import pickle
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from tabemb.nn.bodies import BODIES, Cross, DeepFM, Ensemble, FTTransformer, Mlp, ResNet, TabM, WideDeep
from tabemb.nn.embedding import FeatureSpec, HeldRows, OneHotSpec, TableSpec
from tabemb.nn.network import Network, NetworkSpec, build_trunk, first_kernels
from tabemb.nn.numeric import Standardized
from tabemb.nn.unknown import Learned, Mean, Trained
from tabemb.table.encoded_table import EncodedTable

rng = np.random.default_rng(0)


def table(n_columns, n_numbers, rows=25, size=6):
    return EncodedTable(
        rng.integers(0, size, (rows, n_columns)).astype("int32"), rng.normal(size=(rows, n_numbers)).astype("float32")
    )


def network(names=("origin", "dest"), *, shared=False, n_numbers=2, one_hot=(), seed=0, body=None):
    tables = [TableSpec(name="airport" if shared else name, vocabulary_size=6, embedding_dim=3) for name in names]
    features = tuple(
        FeatureSpec(name=name, position=p, table=each) for p, (name, each) in enumerate(zip(names, tables, strict=True))
    )
    return Network(
        NetworkSpec(
            features=features,
            one_hot=one_hot,
            n_numbers=n_numbers,
            n_outputs=1,
            body=body or Mlp(hidden_units=(4,), dropout=0),
            numeric=Standardized(),
            seed=seed,
        )
    )


def test_the_model_is_the_body_of_vectors_and_numbers():
    made, rows = network(), table(2, 2)
    vectors = [made.vectors(f)[rows.indices[:, f.position]] for f in made.spec.features]
    kernel, bias, out, out_bias = made.trunk.get_weights()
    by_hand = np.maximum(np.hstack([*vectors, rows.numbers]) @ kernel + bias, 0) @ out + out_bias
    np.testing.assert_allclose(made.logits(rows), by_hand, atol=1e-6)


def test_model_and_trunk_share_their_layers():
    made = network()
    assert [layer.name for layer in made.model.layers if isinstance(layer, keras.layers.Embedding)] == [
        "origin_embedding",
        "dest_embedding",
    ]
    assert made.model.get_layer("trunk") is made.trunk
    assert list(made.trunk.input) == ["vectors", "numbers"]
    assert list(made.model.input) == ["indices", "numbers"]


def test_columns_of_the_same_dimension_are_adjacent():
    tables = [TableSpec(name=n, vocabulary_size=6, embedding_dim=d) for n, d in zip("abcd", (3, 2, 3, 2), strict=True)]
    features = tuple(FeatureSpec(name=t.name, position=p, table=t) for p, t in enumerate(tables))
    spec = NetworkSpec(features=features, n_outputs=1, body=Mlp(hidden_units=()), numeric=Standardized(), seed=0)
    assert [feature.name for feature in spec.embedded] == ["a", "c", "b", "d"]
    made, rows = Network(spec), table(4, 0)
    concatenated = np.hstack([made.vectors(f)[rows.indices[:, f.position]] for f in spec.embedded])
    kernel, bias = made.trunk.get_weights()
    np.testing.assert_allclose(made.logits(rows), concatenated @ kernel + bias, atol=1e-6)


def test_logits_in_portions_are_the_same():
    made, rows = network(), table(2, 2, rows=50)
    np.testing.assert_allclose(made.logits(rows, batch_rows=7), made.logits(rows), atol=1e-6)


@pytest.mark.parametrize(("names", "n_numbers", "inputs"), [((), 2, ["numbers"]), (("dest",), 0, ["indices"])])
def test_an_input_that_the_table_lacks_is_left_out(names, n_numbers, inputs):
    made = network(names, n_numbers=n_numbers)
    assert list(made.model.input) == inputs
    assert made.logits(table(len(names), n_numbers)).shape == (25, 1)


def test_two_features_of_one_table_share_their_vectors():
    made = network(shared=True)
    origin, dest = made.spec.features
    assert list(made.tables) == [origin.table]
    assert np.array_equal(made.vectors(origin), made.vectors(dest))
    made.tables[origin.table].embeddings.assign(np.ones((6, 3)))
    assert np.array_equal(made.vectors(dest), np.ones((6, 3)))
    names = [layer.name for layer in made.model.layers]
    assert {"airport_embedding", "origin_indices", "dest_indices"} <= set(names)


ODD = [
    "Clothing ID",
    "a/b",
    "a_b",
    "日本",
    "é",
    "",
    "hidden_0",
    "logits",
    "indices",
    "numbers",
    "trunk",
    "-x",
    "vectors",
]


def test_any_column_name_will_do():
    made = network(tuple(ODD))
    names = [layer.name for layer in made.model.layers]
    assert len(set(names)) == len(names)
    assert made.model.get_layer("Clothing_ID_embedding").output_dim == 3
    # TensorFlow also checks the names in a traced function.
    compiled = tf.function(made.model)
    rows = table(len(ODD), 2)
    traced = compiled({"indices": rows.indices, "numbers": rows.numbers})
    np.testing.assert_allclose(traced.numpy(), made.logits(rows), atol=1e-6)


def test_the_model_returns_the_mean_of_the_members():
    made, rows = network(body=TabM(n_members=5)), table(2, 2)
    vectors = [made.vectors(f)[rows.indices[:, f.position]] for f in made.spec.embedded]
    members = made.trunk({"vectors": np.hstack(vectors), "numbers": rows.numbers}).numpy()
    assert members.shape == (25, 5, 1)
    assert made.model.output.shape == (None, 1)
    np.testing.assert_allclose(made.logits(rows), members.mean(axis=1), atol=1e-6)
    again = pickle.loads(pickle.dumps(made))
    assert np.array_equal(again.logits(rows), made.logits(rows))


@pytest.mark.parametrize("name", sorted(BODIES))
def test_initial_logits_can_be_set_for_every_body(name):
    made, rows = network(body=BODIES[name]()), table(2, 2)
    before = made.logits(rows)
    made.start_at(np.array([3.0]))
    np.testing.assert_allclose(made.logits(rows), before + 3, atol=1e-5)


def test_initial_logits_are_ignored_without_a_logits_layer():
    made, rows = (
        network((), one_hot=(OneHotSpec(name="a", position=0, vocabulary_size=6),), n_numbers=0, body=Mlp(())),
        table(1, 0),
    )
    before = made.logits(rows)
    made.start_at(np.array([3.0]))
    assert np.array_equal(made.logits(rows), before)


def test_without_members_the_model_ends_with_the_trunk():
    assert network().model.layers[-1].name == "trunk"


class Doubled(Standardized):
    """Encodes each number as two inputs."""

    def build(self, numbers, seeds, *, n_indicators=0):
        return keras.layers.Flatten()(keras.layers.Concatenate()([keras.layers.Reshape((2, 1))(numbers)] * 2))


def test_a_body_knows_the_width_of_each_encoded_number():
    class Listener(Mlp):
        def build(self, features, n_outputs, seeds):
            heard.append(features.number_dims)
            return super().build(features, n_outputs, seeds)

    heard = []
    for numeric, n_numbers in ((Standardized(), 2), (Doubled(), 2), (Standardized(), 0)):
        spec = replace(network(n_numbers=n_numbers).spec, numeric=numeric, body=Listener())
        build_trunk(spec)
    assert heard == [(1, 1), (2, 2), ()]


def test_vectors_are_a_copy():
    made = network()
    feature = made.spec.features[0]
    made.vectors(feature)[:] = 70
    assert made.vectors(feature).max() < 7


def trained(*untrained, n_members=1, size=6):
    """Return the training of a column of six indices: once on all but the given ones, by each member."""
    counts, stand_ins = np.ones((n_members, size), int), np.tile(np.arange(size), (n_members, 1))
    for member, which in enumerate(untrained):
        counts[member, which], stand_ins[member, which] = 0, 1
    return Trained(counts, stand_ins, learns_unknown=True)


def test_untrained_rows_get_the_unknown_vector_and_the_others_are_kept():
    one_hot = (OneHotSpec(name="month", position=1, vocabulary_size=6),)
    made = network(("dest",), one_hot=one_hot)
    (dest,) = made.spec.features
    kernel = made.trunk.get_layer("hidden_0_one_hot").kernel
    before, kernel_before = made.vectors(dest), kernel.numpy()
    made.serve_unknown(Learned(), {0: trained([0, 4]), 1: trained([2])})
    after, kernel_after = made.vectors(dest), kernel.numpy()
    assert np.array_equal(after[[0, 4]], before[[1, 1]])
    assert np.array_equal(after[[1, 2, 3, 5]], before[[1, 2, 3, 5]])
    assert np.array_equal(kernel_after[2], kernel_before[1])
    assert np.array_equal(np.delete(kernel_after, 2, axis=0), np.delete(kernel_before, 2, axis=0))


def test_the_strategy_is_applied_to_tables_and_to_the_kernels_of_one_hot_columns():
    one_hot = (OneHotSpec(name="month", position=1, vocabulary_size=6),)
    made = network(("dest",), one_hot=one_hot)
    (dest,) = made.spec.features
    kernel = made.trunk.get_layer("hidden_0_one_hot").kernel
    before, kernel_before = made.vectors(dest), kernel.numpy()
    made.serve_unknown(Mean(), {0: trained([4]), 1: trained([])})
    np.testing.assert_allclose(made.vectors(dest)[[1, 4]], [before[[2, 3, 5]].mean(axis=0)] * 2, rtol=1e-5)
    np.testing.assert_allclose(kernel.numpy()[1], kernel_before[2:].mean(axis=0), rtol=1e-5)


def test_unknown_categories_of_members_that_leave_rows_out():
    table = TableSpec(name="dest", vocabulary_size=6, embedding_dim=8)
    one_hot = (OneHotSpec(name="month", position=1, vocabulary_size=6),)
    spec = replace(
        network(("dest",), one_hot=one_hot).spec,
        features=(FeatureSpec(name="dest", position=0, table=table),),
        body=Ensemble(n_members=2, hidden_units=(3,)),
    )
    made = Network(spec)
    kernel = made.trunk.get_layer("hidden_0_one_hot").kernel
    before, kernel_before = made.vectors(made.spec.features[0]), kernel.numpy()
    by_member = {0: trained([2], [3], n_members=2), 1: trained([], [5], n_members=2)}
    made.serve_unknown(Learned(), {0: trained([]), 1: trained([])}, by_member)
    expected, kernel_expected = before.copy(), kernel_before.copy()
    expected[2, :4], expected[3, 4:] = before[1, :4], before[1, 4:]
    kernel_expected[5, 3:] = kernel_before[1, 3:]
    assert np.array_equal(made.vectors(made.spec.features[0]), expected)
    assert np.array_equal(kernel.numpy(), kernel_expected)


def test_a_row_of_a_shared_table_that_one_column_trained_is_kept():
    made = network(shared=True)
    before = made.vectors(made.spec.features[0])
    made.serve_unknown(Learned(), {0: trained([2, 3]), 1: trained([3, 4])})
    after = made.vectors(made.spec.features[0])
    assert np.array_equal(after[3], before[1])
    assert np.array_equal(after[[0, 1, 2, 4, 5]], before[[0, 1, 2, 4, 5]])


def test_a_pickle_is_the_same_network_and_holds_no_keras_object():
    made, rows = network(), table(2, 2)
    made.tables[made.spec.features[0].table].embeddings.assign(rng.normal(size=(6, 3)))
    text = pickle.dumps(made)
    assert b"keras" not in text
    again = pickle.loads(text)
    assert again.spec.features == made.spec.features
    assert np.array_equal(again.logits(rows), made.logits(rows))


# NumPy 2 warns about how Keras writes files.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_model_can_be_opened_from_keras_own_file(tmp_path):
    made, rows = network(one_hot=(OneHotSpec(name="month", position=2, vocabulary_size=6),)), table(3, 2)
    made.model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    out = again({"indices": rows.indices, "numbers": rows.numbers}).numpy()
    np.testing.assert_allclose(out, made.logits(rows), atol=1e-6)


def test_rows_can_be_initialized_by_given_vectors():
    made, plain = network(), network()
    origin, dest = made.spec.features
    which = np.array([False, True, False, False, True, False])
    made.start_rows(origin.table, np.array([[1, 2, 3], [4, 5, 6]]), which)
    assert made.vectors(origin)[which].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert np.array_equal(made.vectors(origin)[~which], plain.vectors(origin)[~which])
    assert np.array_equal(made.vectors(dest), plain.vectors(dest))


def test_frozen_rows_are_pickled():
    made = network()
    assert made.held == {}
    table = made.spec.features[0].table
    made.held[table] = HeldRows(which=np.arange(6) == 2, n_epochs=3)
    again = pickle.loads(pickle.dumps(made)).held[table]
    assert again.which.tolist() == [False, False, True, False, False, False]
    assert again.n_epochs == 3


DIMS = {"origin": 8, "dest": 16, "month": 3}


def network_of(body, *, dims=DIMS, n_numbers=2, one_hot=True):
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
def test_first_kernels_of_a_dense_layer_are_parts_of_its_kernel(body, layer):
    made = network_of(body)
    kernel = made.trunk.get_layer(layer).kernel.numpy()
    found = first_kernels(made)
    start = 0
    for feature in made.spec.embedded:
        dim = DIMS[feature.name]
        np.testing.assert_allclose(found[feature.name], kernel[start : start + dim], atol=1e-5)
        start += dim


def test_first_kernels_of_members_with_slices():
    made = network_of(Ensemble(n_members=2, hidden_units=(5,)), dims={"origin": 8, "month": 3})
    kernel = made.trunk.get_layer("hidden_0").kernel.numpy()
    found = first_kernels(made)
    assert {name: each.shape for name, each in found.items()} == {"origin": (8, 10), "month": (3, 10)}
    np.testing.assert_allclose(found["origin"][:4, :5], kernel[0, :4], atol=1e-5)
    np.testing.assert_allclose(found["origin"][4:, 5:], kernel[1, :4], atol=1e-5)
    # No member sees the slice of another; a short vector is seen whole by both.
    assert np.abs(found["origin"][4:, :5]).max() < 1e-6
    np.testing.assert_allclose(found["month"], np.hstack([kernel[0, 4:7], kernel[1, 4:7]]), atol=1e-5)


def test_first_kernels_of_members_include_their_scales():
    made = network_of(TabM(n_members=3, hidden_units=(5,)), one_hot=False)
    layer = made.trunk.get_layer("hidden_0")
    scales = layer.input_scale.numpy().reshape(3, -1)
    found = np.vstack([first_kernels(made)[feature.name] for feature in made.spec.embedded])
    expected = np.hstack([scale[:, None] * layer.kernel.numpy() for scale in scales])
    np.testing.assert_allclose(found, expected[: len(found)], atol=1e-5)


@pytest.mark.parametrize("body", [Cross(), DeepFM(), FTTransformer(), TabM(hidden_units=())])
def test_other_bodies_have_no_first_kernels(body):
    assert first_kernels(network_of(body)) is None


def test_a_network_without_vectors_has_no_first_kernels():
    assert first_kernels(network_of(Mlp(hidden_units=(3,)), dims={})) is None


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_layer_that_a_body_names_is_there_and_reads_all_vectors(name):
    body = BODIES.resolve(name)
    found = first_kernels(network_of(body))
    assert (found is None) is (body.first_layer is None)
    for kernel in (found or {}).values():
        assert np.abs(kernel).max(axis=1).min() > 0


@pytest.mark.parametrize("made", [network(), network(one_hot=(OneHotSpec(name="m", position=2, vocabulary_size=6),))])
def test_a_called_model_has_the_weights_it_had_and_can_be_exported(made, monkeypatch):
    calls, model = [], made.model
    before = [np.array(each) for each in model.get_weights()]
    monkeypatch.setattr(type(model), "__call__", lambda self, *args, **kwargs: calls.append(args))
    assert made.called_model() is made.called_model() is model
    assert len(calls) == 1
    assert all(map(np.array_equal, before, model.get_weights()))
