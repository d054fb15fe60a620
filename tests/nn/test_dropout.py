"""Dropout by random bytes."""

import keras
import numpy as np
import pytest

from tabemb.nn.dropout import ByteDropout, MemberDropout

ONES = np.ones((200, 50), "float32")


def trained(layer, inputs=ONES):
    return np.asarray(layer(inputs, training=True))


@pytest.mark.parametrize("rate", [0.001, 0.2, 0.5, 0.9, 0.999])
def test_a_share_is_dropped_and_the_mean_is_kept(rate):
    units = trained(ByteDropout(rate, seed=0), np.ones((400, 250), "float32"))
    silenced = np.clip(round(256 * rate), 1, 255) / 256
    assert (units == 0).mean() == pytest.approx(silenced, abs=4 * np.sqrt(silenced * (1 - silenced) / units.size))
    assert set(np.unique(units)) == {0, np.float32(1 / (1 - silenced))}


def test_units_are_dropped_independently():
    silenced = trained(ByteDropout(0.5, seed=0), np.ones((4000, 6), "float32")) == 0
    together = np.corrcoef(silenced.T)
    assert np.abs(together - np.eye(6)).max() < 0.06
    assert abs(np.corrcoef(silenced[1:, 0], silenced[:-1, 0])[0, 1]) < 0.06


def test_each_step_draws_new_masks_and_a_seed_repeats_them():
    one, same, other = ByteDropout(0.5, seed=1), ByteDropout(0.5, seed=1), ByteDropout(0.5, seed=2)
    first, second = trained(one), trained(one)
    assert not np.array_equal(first, second)
    assert np.array_equal(first, trained(same))
    assert np.array_equal(second, trained(same))
    assert not np.array_equal(first, trained(other))


@pytest.mark.parametrize("shape", [(5, 3), (5, 1), (4, 3, 7), (2, 5, 2, 8)])
def test_any_shape(shape):
    inputs = keras.Input(shape[1:])
    model = keras.Model(inputs, ByteDropout(0.5, seed=0)(inputs))
    assert np.asarray(model(np.ones(shape, "float32"), training=True)).shape == shape


def test_predictions_are_unchanged():
    assert np.array_equal(np.asarray(ByteDropout(0.5, seed=0)(ONES)), ONES)
    assert np.array_equal(trained(ByteDropout(0.0)), ONES)


def test_half_precision_is_kept():
    units = ByteDropout(0.5, seed=0, dtype="float16")(ONES.astype("float16"), training=True)
    assert np.asarray(units).dtype == "float16"


def test_a_shared_noise_is_refused():
    with pytest.raises(ValueError, match=r"noise_shape must be None, got \(1, 50\)"):
        ByteDropout(0.5, noise_shape=(1, 50))


@pytest.mark.parametrize("n_rows", [1, 3, 40, 41])
def test_members_share_the_draws_for_different_rows(n_rows):
    units = trained(MemberDropout(0.5, seed=0), np.ones((4, n_rows, 30), "float32"))
    assert set(np.unique(units)) == {0, 2}
    for member in range(4):
        assert np.array_equal(units[member], np.roll(units[0], -member * max(n_rows // 4, 1), axis=0))


def test_members_drop_different_units_of_a_row():
    silenced = trained(MemberDropout(0.25, seed=0), np.ones((4, 4000, 6), "float32")) == 0
    assert silenced.mean() == pytest.approx(0.25, abs=0.01)
    together = np.corrcoef(silenced.reshape(4, -1))
    assert np.abs(together - np.eye(4)).max() < 0.03


def test_half_precision_and_predictions_of_members():
    ones = np.ones((2, 8, 5), "float16")
    assert np.asarray(MemberDropout(0.5, seed=0, dtype="float16")(ones, training=True)).dtype == "float16"
    assert np.array_equal(np.asarray(MemberDropout(0.5, seed=0)(ones.astype("float32"))), ones)
