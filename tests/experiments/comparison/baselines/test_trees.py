from tabemb.experiments.comparison.baselines.trees import count_nodes


def test_where_scikit_learn_hides_its_trees_the_count_is_unknown():
    assert count_nodes(object()) is None
