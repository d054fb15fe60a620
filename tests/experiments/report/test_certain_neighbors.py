"""What the vectors of a run know."""

import numpy as np
import pytest

from tabemb.experiments.report.certain_neighbors import (
    N_CANDIDATES,
    NO_VECTORS,
    NamedCategory,
    certain_neighbors,
)
from tabemb.vectors.category_vectors import CategoryVectors
from tabemb.vectors.sampling_noise import SamplingNoise

NOT_KNOWN = (
    "Whether similar categories are similar again in fits to other rows is not known: it takes at least three folds "
    "that leave out each row once (validation: {kind: kfold})."
)


def pairs(name, n=12, noise=0.01, dim=6, keys=None):
    """Return categories in pairs of almost equal vectors; noise of 100 drowns them, None is unknown."""
    rng = np.random.default_rng(len(name))
    vectors = np.repeat(rng.normal(size=(n // 2, dim)), 2, axis=0) + 0.01 * rng.normal(size=(n, dim))
    keys = [f"{name}{i}" for i in range(n)] if keys is None else keys
    known = None if noise is None else SamplingNoise(np.eye(dim) * noise**2, rows=50.0, exponent=0.0, n_refits=5)
    return CategoryVectors(keys, vectors, np.full(n, 50), name=name, noise=known)


def columns_of(known):
    return [each.column for each in known.lists]


def test_the_answer_says_how_often_neighbors_come_back_and_lists_are_sure():
    known = certain_neighbors({"dest": pairs("dest", 40)})
    assert known.answer.startswith("Similar categories are similar again in fits to other rows: of the nearest ")
    assert "neighbors of dest " in known.answer
    assert " % by chance)." in known.answer
    assert columns_of(known) == ["dest"] * 4
    for each in known.lists:
        assert len(each.nearest) == 3
        place = int(each.category.key.removeprefix("dest"))
        assert each.nearest[0].key == f"dest{place ^ 1}"
        assert each.nearest[0].certainty == "100 %"
    sums = [sum(near.confidence for near in each.nearest) for each in known.lists]
    assert sums == sorted(sums, reverse=True)
    assert known.note.startswith("The most certain lists. Percent: how often a neighbor is among the 5 nearest")
    assert "300" not in known.note


def test_the_share_of_a_column_with_many_categories_is_said_to_be_that_of_the_frequent_ones():
    known = certain_neighbors({"dest": pairs("dest", 40), "tailnum": pairs("tailnum", 400)})
    assert known.note.endswith("those of their 300 most frequent categories, among each other.")


def test_each_column_has_a_list_before_any_has_two_and_the_surest_beyond_chance_comes_first():
    vectors = {"few": pairs("few", 6), "many": pairs("many", 60), "some": pairs("some", 20)}
    known = certain_neighbors(vectors)
    # Neighbors of few categories come back by chance more often.
    assert columns_of(known) == ["many", "few", "some", "many"]
    # A category that has been shown as a neighbor has no list.
    shown = [near.key for each in known.lists[:3] for near in each.nearest]
    assert known.lists[3].category.key not in shown
    assert known.answer.index("of many") < known.answer.index("of few") < known.answer.index("of some")
    five = certain_neighbors({name: pairs(name, 20) for name in ("a", "bb", "ccc", "dddd", "eeeee", "ffffff")})
    assert len(set(columns_of(five))) == len(five.lists) == 4
    assert "and of another column less often." in five.answer


def test_columns_at_random_are_named_and_have_no_list():
    noisy = pairs("carrier", 30, noise=100.0)
    known = certain_neighbors({"carrier": noisy, "dest": pairs("dest", 30)})
    assert set(columns_of(known)) == {"dest"}
    assert "The neighbors of carrier are no more stable than random ones (" in known.answer
    alone = certain_neighbors({"carrier": noisy})
    assert alone.answer.startswith("The neighbors of carrier are no more stable than random ones (")
    assert (alone.lists, alone.note) == ((), "")
    both = certain_neighbors({"carrier": noisy, "plane": noisy})
    assert both.answer.startswith("The neighbors of carrier and plane are no more stable than random ones: do not ")
    many = certain_neighbors({f"c{i}": noisy for i in range(8)})
    assert "c3, c4 and 3 more columns are no more stable" in many.answer


def test_without_noise_it_is_said_and_the_cosines_stand_instead():
    known = certain_neighbors({"dest": pairs("dest", noise=None), "one": CategoryVectors(["x"], [[1.0]], name="one")})
    assert known.answer == NOT_KNOWN
    assert [each.category.key for each in known.lists][:1] == ["dest0"]
    assert known.lists[0].nearest[0].certainty == "cosine 1.00"
    assert known.note == "The most frequent categories of the largest columns."


@pytest.mark.parametrize(
    ("vectors", "answer"),
    [
        ({}, NO_VECTORS),
        ({"one": CategoryVectors(["x"], [[1.0]], name="one")}, "No column has the three categories"),
        ({"zero": CategoryVectors([1, 2, 3], np.zeros((3, 2)), name="zero")}, "No column has the three categories"),
    ],
    ids=["none", "one", "zero"],
)
def test_without_vectors_or_neighbors_there_is_a_sentence_alone(vectors, answer):
    known = certain_neighbors(vectors)
    assert known.answer.startswith(answer)
    assert (known.lists, known.note) == ((), "")


def test_categories_with_a_readable_name_come_first_and_labels_that_are_no_text_are_left_out():
    vectors = pairs("dest", 60)
    labels = {"dest": {"dest50": "Boston", "dest51": "Logan " * 20, "dest0": float("nan")}}
    known = certain_neighbors({"dest": vectors}, labels)
    (first, *_), near = known.lists, known.lists[0].nearest[0]
    assert {first.category.key, near.key} == {"dest50", "dest51"}
    assert "Boston" in {first.category.label, near.label}
    assert all(len(each.label) <= 48 for each in (first.category, near))
    plain = certain_neighbors({"dest": vectors}, {"dest": {"dest0": float("nan")}})
    assert not any(each.category.label for each in plain.lists)
    # Without labels, the most frequent categories are asked.
    assert all(int(each.category.key[4:]) < N_CANDIDATES for each in plain.lists)


def test_long_names_are_shortened():
    keys = [f"{'x' * 300}{i}" for i in range(12)]
    known = certain_neighbors({"y" * 300: pairs("long", 12, keys=keys)})
    assert len(known.answer) < 300
    assert max(len(known.lists[0].column), len(known.lists[0].category.key)) <= 32


def test_a_certainty_is_a_share_or_a_cosine():
    assert NamedCategory(key="a", cosine=0.5).certainty == "cosine 0.50"
    assert NamedCategory(key="a", cosine=0.5, confidence=0.25).certainty == "25 %"


def test_without_folds_none_are_asked_for():
    vectors = {"dest": CategoryVectors(["a", "b", "c"], np.eye(3), [3, 2, 1], name="dest")}
    assert "three folds" in certain_neighbors(vectors).answer
    assert certain_neighbors(vectors, by_folds=False).answer.endswith("is not known for this objective.")
