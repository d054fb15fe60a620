"""What was found, beside what was published."""

import dataclasses

import pytest


def test_a_figure_and_the_published_one(figures):
    missed, reached = figures.all[1:3]
    assert missed.quotient == pytest.approx(1.2)
    assert missed.off
    assert reached.quotient == pytest.approx(0.95)
    assert not reached.off
    alone = figures.all[3]
    assert alone.quotient is None
    assert not alone.off


def test_up_to_five_percent_above_is_reached(figures):
    assert not dataclasses.replace(figures.all[1], error=0.2099).off
    assert dataclasses.replace(figures.all[1], error=0.2101).off


def test_figures_are_found_by_name(figures):
    assert figures.find("time", "embeddings", "shop 4", "knn").error == 0.19
    assert figures.find("time", "raw", "shop 4", "knn") is None


def test_headline_and_verdict_name_what_is_missed(figures):
    assert figures.headline() == ("lost", "2 of 3 published figures are reached within 5%.")
    assert figures.verdict() == "Farthest above: KNN with (time, shop 2) 0.240 where 0.200 was published."


def test_all_reached(figures):
    fine = dataclasses.replace(figures, all=(figures.all[0], figures.all[2]))
    assert fine.headline() == ("won", "2 of 2 published figures are reached within 5%.")
    assert fine.verdict() == "Each error is at most 5% above the published one."


def test_nothing_published(figures):
    alone = dataclasses.replace(figures, all=figures.all[3:])
    assert alone.headline() == ("level", "1 figures; none was published to be compared with.")
    assert alone.verdict() == ""


def test_three_are_named_at_most_the_worst_first(figures):
    many = [dataclasses.replace(figures.all[1], error=error) for error in (0.3, 0.5, 0.6, 0.4)]
    told = dataclasses.replace(figures, all=tuple(many)).verdict()
    assert [told.index(each) for each in ("0.600", "0.500", "0.400")] == sorted(
        told.index(each) for each in ("0.600", "0.500", "0.400")
    )
    assert "0.300" not in told


def test_json_has_every_figure(figures):
    record = figures.to_json()
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
