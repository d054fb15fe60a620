"""Recommendations of a finished run."""

import pytest

from tabemb import open_run
from tabemb.exceptions import FormatError
from tabemb.experiments.runs.recommendations import recommend_to_users, similar_items


def test_items_of_users_have_their_names_and_reasons(recommended):
    run = open_run(recommended.path)
    recommender = run.recommender()
    found = recommend_to_users(run, [4, 1], 2, explain=True)
    assert list(found) == ["user", "film", "name", "rank", "score", "because of"]
    expected = recommender.recommend([4, 1], 2)
    assert found["film"].tolist() == expected["film"].tolist()
    assert found["user"].tolist() == [4, 4, 1, 1]
    assert found["rank"].tolist() == [1, 2, 1, 2]
    names = run.names("film")
    assert found["name"].tolist() == [names[key] for key in found["film"]]
    because = recommender.explain(4, found["film"][0], 3)["film"]
    assert found["because of"][0] == "; ".join(names[key] for key in because)


def test_seen_items_are_left_out_unless_asked_for(recommended, watched):
    run = open_run(recommended.path)
    seen = set(watched[watched["user"] == 4]["film"])
    assert not seen & set(recommend_to_users(run, [4], 7)["film"])
    assert seen <= set(recommend_to_users(run, [4], 12, include_seen=True)["film"])


def test_near_items_have_their_names(recommended):
    found = similar_items(open_run(recommended.path), 20, 3)
    assert list(found) == ["film", "name", "similarity"]
    assert found["name"].str.startswith("The crime").all()


def test_a_run_without_a_recommender_is_refused(finished):
    run = open_run(finished[0].path)
    with pytest.raises(FormatError, match=r"has no recommender. An experiment with the section recommend makes one"):
        recommend_to_users(run, [1])
    with pytest.raises(FormatError, match="has no recommender"):
        similar_items(run, 1)
