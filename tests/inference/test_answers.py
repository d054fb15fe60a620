"""From logits to answers, and answers brought back from their state."""

import json

import numpy as np
import pytest

from tabemb.exceptions import FormatError
from tabemb.inference.answers import (
    ANSWERS,
    LARGEST_EXPONENT,
    BinaryAnswer,
    IdentityLink,
    LogLink,
    MulticlassAnswer,
    MultilabelAnswer,
    NumberAnswer,
    QuantileLink,
    RankingAnswer,
    answer_from_state,
    mean_of,
)

LOGITS = np.array([[-1.0, 0.5, 2.0], [3.0, -2.0, 0.0]])
EXAMPLES = {
    "binary": (BinaryAnswer(np.array(["late", "on time"]), 2.0), LOGITS[:, :1]),
    "binary of bool": (BinaryAnswer(np.array([False, True])), LOGITS[:, :1]),
    "multiclass": (MulticlassAnswer(np.array([1, 2, 3]), 0.5), LOGITS),
    "multiclass of objects": (MulticlassAnswer(np.array(["a", "b", "c"], dtype=object)), LOGITS),
    "multilabel": (MultilabelAnswer(np.array([0, 1]), 3.0), LOGITS),
    "number": (NumberAnswer(np.array(10.0), np.array(2.0), IdentityLink(), several=False), LOGITS[:, :1]),
    "mean of a count": (NumberAnswer(np.array(0.0), np.array(2.0), LogLink(), several=False), LOGITS[:, :1]),
    "numbers": (NumberAnswer(np.arange(3.0), np.ones(3), IdentityLink(), several=True), LOGITS),
    "ranking": (RankingAnswer("query"), LOGITS[:, :1]),
    "quantiles": (NumberAnswer(np.array(0.0), np.array(2.0), QuantileLink((0.0, 1.0)), several=True), LOGITS),
}


def test_there_is_an_example_of_every_answer():
    assert {type(answer) for answer, _ in EXAMPLES.values()} == set(ANSWERS.values())


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_state_through_json_gives_the_same_answer(name):
    answer, logits = EXAMPLES[name]
    state = json.loads(json.dumps({"name": ANSWERS.name_of(answer), **answer.to_state()}))
    again = answer_from_state(state)
    assert type(again) is type(answer)
    activated = answer.activate(logits)
    assert np.array_equal(again.activate(logits), activated)
    decided, again_decided = answer.decide(activated), again.decide(activated)
    assert again_decided.dtype == decided.dtype
    assert np.array_equal(again_decided, decided)


def test_probabilities_by_hand():
    np.testing.assert_allclose(EXAMPLES["binary"][0].activate(np.array([[2 * np.log(3)]])), [[0.25, 0.75]], rtol=1e-12)
    np.testing.assert_allclose(
        MulticlassAnswer(np.array([1, 2])).activate(np.array([[0.0, np.log(3)]])), [[0.25, 0.75]]
    )
    assert EXAMPLES["multilabel"][0].decide(np.array([[0.5, 0.51]])).tolist() == [[0, 1]]


def test_values_by_hand():
    assert EXAMPLES["number"][0].activate(np.array([[1.5]])).tolist() == [13.0]
    assert EXAMPLES["numbers"][0].activate(np.array([[1.0, 1.0, 1.0]])).tolist() == [[1.0, 2.0, 3.0]]
    assert EXAMPLES["mean of a count"][0].activate(np.array([[0.0]])).tolist() == [2.0]
    largest = LogLink()(np.array([1e9, -1e9], "float32"))
    np.testing.assert_allclose(largest, np.exp([LARGEST_EXPONENT, -LARGEST_EXPONENT]))


def test_quantiles_never_cross():
    quantiles = QuantileLink((0.3, -1.0))(np.random.default_rng(0).normal(scale=20, size=(200, 3)))
    assert (np.diff(quantiles, axis=1) >= 0).all()


@pytest.mark.parametrize(
    "state",
    [
        None,
        {},
        {"name": "no such"},
        {"name": "binary"},
        {"name": "binary", "classes": ["a", "b"], "dtype": "no dtype", "temperature": 1.0},
        {"name": "number", "center": 0, "scale": 1, "link": {"name": "no such"}, "several": False},
        {"name": "number", "center": "x", "scale": 1, "link": {"name": "identity"}, "several": False},
    ],
)
def test_a_damaged_state_is_a_format_error(state):
    with pytest.raises(FormatError, match="The saved answer is damaged"):
        answer_from_state(state)


def test_the_mean_of_one_network_is_its_answer():
    only = np.array([1.0, 2.0])
    assert mean_of([only]) is only
    assert mean_of(iter([only, 3 * only])).tolist() == [2.0, 4.0]
    assert only.tolist() == [1.0, 2.0]
