"""Named child seeds."""

import numpy as np

from tabemb.nn.seeds import Seeds, root_seed


def test_children_depend_on_root_and_name_only():
    assert Seeds(3)["logits"] == Seeds(3)["logits"] == 2_002_412_469
    assert Seeds(3)["logits"] != Seeds(4)["logits"]
    assert Seeds(3)["logits"] != Seeds(3)["hidden_0"]


def test_children_fit_in_31_bits_and_differ():
    children = [Seeds(0)[str(i)] for i in range(2000)]
    assert min(children) >= 0
    assert max(children) < 2**31
    assert len(set(children)) == 2000


def test_root_is_converted_to_a_python_integer():
    assert Seeds(np.int64(7))["a"] == Seeds(7)["a"]


def test_generator_repeats_and_leaves_numpys_global_state_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert (Seeds(1).generator("order").permutation(50) == Seeds(1).generator("order").permutation(50)).all()
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_the_root_seed_of_a_random_state():
    assert root_seed(7) == root_seed(np.int64(7)) == 7
    assert root_seed(np.random.RandomState(0)) == root_seed(np.random.RandomState(0))
    generator = np.random.RandomState(0)
    assert root_seed(generator) != root_seed(generator)
    assert root_seed(None) != root_seed(None)
