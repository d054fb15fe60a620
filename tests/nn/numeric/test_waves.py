import numpy as np
import pytest

from tabemb.nn.numeric.waves import ShiftedWaves, Waves

COLUMNS = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")


def test_cosines_and_sines_of_a_number_times_its_frequencies():
    layer = Waves(5, 0.3, seed=1)
    out = layer(COLUMNS).numpy()
    angles = 2 * np.pi * COLUMNS[:, :, None] * layer.frequencies.numpy().reshape(3, 5)
    np.testing.assert_allclose(out, np.concatenate([np.cos(angles), np.sin(angles)], axis=2), atol=1e-5)


def test_cosines_of_a_number_times_its_frequencies_plus_its_phases():
    layer = ShiftedWaves(5, 0.3, seed=1)
    out = layer(COLUMNS).numpy()
    frequencies, phases = (each.reshape(3, 5) for each in layer.get_weights())
    np.testing.assert_allclose(out, np.cos(2 * np.pi * COLUMNS[:, :, None] * frequencies + phases), atol=1e-5)


@pytest.mark.parametrize("kind", [Waves, ShiftedWaves])
def test_sigma_is_the_spread_of_the_frequencies(kind):
    for sigma in (0.01, 1.0):
        layer = kind(1000, sigma)
        layer.build((None, 3))
        assert layer.frequencies.numpy().std() == pytest.approx(sigma, rel=0.1)


def test_phases_go_all_around():
    layer = ShiftedWaves(1000, 0.1)
    layer.build((None, 3))
    phases = layer.phases.numpy()
    assert phases.min() == pytest.approx(-np.pi, abs=0.01)
    assert phases.max() == pytest.approx(np.pi, abs=0.01)


@pytest.mark.parametrize("kind", [Waves, ShiftedWaves])
def test_the_start_follows_the_seed_and_no_weight_decays(kind):
    layers = [kind(4, 0.1, seed=seed) for seed in (1, 1, 2)]
    for layer in layers:
        layer.build((None, 3))
    one, same, other = (layer.get_weights() for layer in layers)
    assert all((a == b).all() for a, b in zip(one, same, strict=True))
    assert all((a != b).all() for a, b in zip(one, other, strict=True))
    assert all(weight.ndim == 1 for weight in one)


@pytest.mark.parametrize(("kind", "width"), [(Waves, 8), (ShiftedWaves, 4)])
def test_shapes_are_known_before_there_are_rows(kind, width):
    layer = kind(4, 0.1)
    assert layer.compute_output_shape((None, 3)) == (None, 3, width)
    assert layer(COLUMNS[:0]).shape == (0, 3, width)
