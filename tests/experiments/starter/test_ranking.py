"""The first YAML of a ranking: it is read as it is, and its folds fit the groups."""

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import ColumnError, ConfigError, DataError
from tabemb.experiments.comparison.baselines import BASELINES
from tabemb.experiments.config_checks import check_config, check_problem
from tabemb.experiments.config_yaml import parse_yaml
from tabemb.experiments.data import load_problem
from tabemb.nn.losses import LOSSES, RankLoss


@pytest.fixture
def ranked(started):
    """Return a function that writes a table and the YAML of a ranking."""
    return lambda table, target="relevance", group="query", **data: started(
        table, task="ranking", data={"target": target, "group": group, **data}
    )


def results(n_groups=10, size=4):
    n = n_groups * size
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "query": np.repeat(np.arange(n_groups), size),
            "site": rng.choice(["wiki", "forum"], n),
            "age": rng.random(n),
            "relevance": np.arange(n) % size % 3,
        }
    )


def test_the_file_is_an_experiment_that_ranks_whole_groups(ranked):
    text, config = ranked(results())
    assert (config.task, config.data.target, config.data.group) == ("ranking", "relevance", "query")
    assert config.data.columns == ["site", "age"]
    assert (config.validation.kind, config.validation.folds, config.metrics) == ("auto", 5, ["ndcg@10", "ndcg@5"])
    assert config.model.loss == "listnet"
    assert "  group: query  # 10 groups of 4 rows; such as 0\n" in text
    problem = load_problem(config)
    check_config(config)
    check_problem(config, problem)
    assert max(map(len, text.splitlines())) <= 120


def test_what_comments_name_exists(ranked, tmp_path):
    text, _ = ranked(results())
    for line in ("baselines: [network_regressor", "rows: 10000", "title: Which rows of each query come first?"):
        text = text.replace(f"# {line}", line)
    _, values = parse_yaml(tmp_path / "rows.yaml", text)
    assert sorted(values["baselines"]) == sorted({*BASELINES} - {"without_pretraining"})
    assert values["data"]["rows"] == 10_000
    assert values["title"] == "Which rows of each query come first?"
    assert all(f"{name}, " in text for name in LOSSES if issubclass(LOSSES[name], RankLoss))


@pytest.mark.parametrize(("n_groups", "folds"), [(5, 5), (3, 3), (2, 2)])
def test_few_groups_have_fewer_folds(ranked, n_groups, folds):
    assert ranked(results(n_groups))[1].validation.folds == folds


def test_groups_of_different_sizes_are_counted(ranked):
    assert "# 10 groups of 3 to 4 rows; such as 0\n" in ranked(results().drop(index=5))[0]


@pytest.mark.parametrize("name", ["a: b", "#x", "yes", "1", "{a}", "line\nbreak", "\x1b[2J", " s "])
def test_any_name_of_a_group_is_kept(ranked, name):
    text, config = ranked(results().rename(columns={"query": name}), group=name)
    assert config.data.group == name
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"group": "qurey"}, ColumnError, r"data\.group: the table has no column 'qurey'\. Did you mean 'query'\?"),
        ({"group": "age"}, DataError, "nothing to rank: each of the 40 groups in 'age' has a single row"),
        ({"target": "site"}, DataError, "must be one column of relevances"),
        ({"group": "relevance"}, ConfigError, "'relevance' both as target and as group"),
    ],
)
def test_a_table_that_cannot_be_ranked_is_an_error(ranked, change, error, told):
    with pytest.raises(error, match=told):
        ranked(results(), **change)


def test_a_single_group_is_an_error(ranked):
    with pytest.raises(DataError, match="group"):
        ranked(results(1))


def test_rows_without_a_group_are_told(ranked):
    table = results()
    table["query"] = table["query"].mask(table.index < 3)
    with pytest.raises(DataError, match=r"data\.group: 'query' is missing in 3 of 40 rows\. Drop those rows"):
        ranked(table)
