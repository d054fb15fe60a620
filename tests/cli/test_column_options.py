"""Options that say how columns are read."""

import pytest
import typer

from tabemb.cli.column_options import column_settings, pairs_of


def test_nothing_given_leaves_the_defaults():
    assert column_settings(None, None, None) == column_settings([], [], []) == {}


def test_each_option_is_a_setting():
    assert column_settings(["a=|", "b=words", "c=whole", "d=="], ["t=x, y"], ["a=ngrams", "b=hashing"]) == {
        "multi_valued": {"a": "|", "b": "words", "c": None, "d": "="},
        "shared": {"t": ["x", "y"]},
        "vocabulary": {"a": "ngrams", "b": "hashing"},
    }
    assert column_settings(None, None, ["hashing"]) == {"vocabulary": "hashing"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((["genres"], None, None), r"such as 'genres=\|'; got 'genres'"),
        ((["=|"], None, None), r"got '=\|'"),
        ((["genres="], None, None), "got 'genres='"),
        ((None, ["airport"], None), "such as 'airport=origin,dest'; got 'airport'"),
        ((None, ["a=x,y", "a=z,w"], None), "'a' is given twice"),
        ((None, None, ["ngrams", "hashing"]), "'ngrams' is for all columns"),
        ((None, None, ["a=ngrams", "hashing"]), "write COL=hashing"),
    ],
)
def test_another_form_is_refused(given, told):
    with pytest.raises(typer.BadParameter, match=told):
        column_settings(*given)


def test_pairs_are_texts_by_name():
    assert pairs_of("--column", ["age=young", "name=a=b"], "age=young") == {"age": "young", "name": "a=b"}
    assert pairs_of("--column", (), "age=young") == {}
    with pytest.raises(typer.BadParameter, match="such as 'age=young'; got 'age='"):
        pairs_of("--column", ["age="], "age=young")
