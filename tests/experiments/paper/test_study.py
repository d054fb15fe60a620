"""What every study must do."""

import dataclasses
import inspect

import pytest

from tabemb.experiments.paper import STUDIES, Study


@pytest.mark.parametrize("name", sorted(STUDIES))
def test_studies_share_the_signature_of_run(name):
    assert issubclass(STUDIES[name], Study)
    assert inspect.signature(STUDIES[name].run).parameters.keys() == inspect.signature(Study.run).parameters.keys()


def test_a_study_must_define_run(sales):
    with pytest.raises(TypeError, match="a study must define run"):
        Study().run(sales, categorical=[], seed=0)


def test_a_figure_and_the_published_one(study_result):
    missed, reached = study_result.scores[1:3]
    assert missed.quotient == pytest.approx(1.2)
    assert missed.is_worse
    assert reached.quotient == pytest.approx(0.95)
    assert not reached.is_worse
    alone = study_result.scores[3]
    assert alone.quotient is None
    assert not alone.is_worse


def test_up_to_five_percent_above_is_reached(study_result):
    assert not dataclasses.replace(study_result.scores[1], error=0.2099).is_worse
    assert dataclasses.replace(study_result.scores[1], error=0.2101).is_worse


def test_figures_are_found_by_name(study_result):
    assert study_result.find("time", "embeddings", "shop 4", "knn").error == 0.19
    assert study_result.find("time", "raw", "shop 4", "knn") is None


def test_headline_and_verdict_name_missed_errors(study_result):
    assert study_result.headline() == ("lost", "2 of 3 published errors were reproduced within 5%.")
    assert (
        study_result.verdict()
        == "Farthest above the published errors: KNN with (time, shop 2) 0.240 (published: 0.200)."
    )


def test_all_reached(study_result):
    fine = dataclasses.replace(study_result, scores=(study_result.scores[0], study_result.scores[2]))
    assert fine.headline() == ("won", "2 of 2 published errors were reproduced within 5%.")
    assert fine.verdict() == "Each error is at most 5% above the published one."


def test_nothing_published(study_result):
    alone = dataclasses.replace(study_result, scores=study_result.scores[3:])
    assert alone.headline() == ("level", "Errors computed: 1. There are no published errors to compare with.")
    assert alone.verdict() == ""


def test_three_are_named_at_most_the_worst_first(study_result):
    many = [dataclasses.replace(study_result.scores[1], error=error) for error in (0.3, 0.5, 0.6, 0.4)]
    told = dataclasses.replace(study_result, scores=tuple(many)).verdict()
    assert [told.index(each) for each in ("0.600", "0.500", "0.400")] == sorted(
        told.index(each) for each in ("0.600", "0.500", "0.400")
    )
    assert "0.300" not in told


def test_json_has_every_figure(study_result):
    record = study_result.to_json()
    assert record["lines"] == ["shop 2", "shop 4"]
    assert record["figures"][0] | {"quotient": None} == {
        "split": "time",
        "form": "raw",
        "line": "shop 2",
        "method": "knn",
        "error": 0.30,
        "published": 0.29,
        "quotient": None,
        "seconds": 1.0,
        "form_seconds": 2.0,
    }
