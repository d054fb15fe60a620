"""Saved recommenders."""

import json
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

import tabemb
from tabemb import TwoTowerRecommender
from tabemb.exceptions import FormatError, OutputError, UnknownNameError
from tabemb.inference.saved import read_saved, write_saved
from tabemb.recommend.methods import METHODS, LinearAutoencoder, RecommendMethod
from tabemb.recommend.towers import Towers

SIDES = {"user": ["user", "group", "age"], "item": ["item", "genres"], "multi_valued": {"genres": "|"}}
KINDS = {
    "plain": {"user": "user", "item": "item", "method": LinearAutoencoder(dim=6, penalty=2.0)},
    "columns": {**SIDES, "method": {"name": "linear_autoencoder", "dim": 6, "penalty": 2.0}, "weight": "weight"},
    "mf": {**SIDES, "method": "mf", "rating": "stars", "random_state": np.random.RandomState(0)},
    "two_towers": {**SIDES, "method": {"name": "two_towers", "dim": 8, "max_epochs": 1}, "time": "day"},
}


@pytest.fixture(scope="module")
def fit(tastes, uncompiled):
    """Return a function that fits each kind once; what it returns must not be changed."""
    known = {}

    def of_kind(kind):
        if kind not in known:
            with uncompiled():
                known[kind] = TwoTowerRecommender(**{"random_state": 0, **KINDS[kind]}).fit(tastes)
        return known[kind]

    return of_kind


@pytest.fixture(scope="module", params=KINDS)
def fitted(request, fit):
    return fit(request.param)


@pytest.fixture(scope="module")
def plain(tastes):
    return TwoTowerRecommender(**KINDS["columns"], random_state=0).fit(tastes)


@pytest.fixture
def folder(plain, tmp_path):
    plain.save(tmp_path / "saved")
    return tmp_path / "saved"


@pytest.mark.parametrize("load", [TwoTowerRecommender.load, tabemb.load], ids=["class", "tabemb"])
def test_what_is_loaded_is_the_same(fitted, load, tmp_path, tastes):
    fitted.save(tmp_path / "models" / "saved")
    again = load(tmp_path / "models" / "saved")
    assert type(again) is TwoTowerRecommender
    assert sorted(path.name for path in (tmp_path / "models" / "saved").iterdir()) == [
        "tabemb.json",
        "weights.safetensors",
    ]
    for name, array in fitted.towers_.to_arrays().items():
        assert np.array_equal(again.towers_.to_arrays()[name], array), name
    assert again.recommend(k=5).equals(fitted.recommend(k=5))
    assert np.array_equal(again.predict(tastes), fitted.predict(tastes))
    assert again.explain("u7", "i4").equals(fitted.explain("u7", "i4"))
    assert (again.interactions_.matrix != fitted.interactions_.matrix).nnz == 0
    assert again.item_vectors_.counts.tolist() == fitted.item_vectors_.counts.tolist()
    assert again.column_vectors_.keys() == fitted.column_vectors_.keys()
    for name, vectors in fitted.column_vectors_.items():
        assert again.column_vectors_[name].index_to_key == vectors.index_to_key
        assert np.array_equal(again.column_vectors_[name].vectors, vectors.vectors)
    assert again.feature_names_in_.tolist() == fitted.feature_names_in_.tolist()
    if fitted._columns["item"] is not None:
        new = pd.DataFrame({"user": ["x"], "group": ["odd"], "age": [np.nan], "item": ["y"], "genres": ["odd|?"]})
        assert np.array_equal(again.predict(new), fitted.predict(new))
        assert again.add_items(new).n_items_ == 41
    given, kept = fitted.get_params(deep=False), again.get_params(deep=False)
    for name in ("user", "item", "rating", "weight", "time", "multi_valued", "verbose"):
        assert kept[name] == given[name], name
    assert kept["random_state"] == (None if isinstance(given["random_state"], np.random.RandomState) else 0)
    assert kept["search"] == {"name": "exact"}
    assert again.fit(tastes).recommend("u7", 2).shape == (2, 5)


def test_keys_of_other_types(tmp_path, tastes):
    table = tastes.assign(
        user=tastes["user"].str[1:].astype(int),
        item=pd.Timestamp("2020-01-01") + pd.to_timedelta(tastes["item"].str[1:].astype(int), unit="D"),
    )
    recommender = TwoTowerRecommender("user", "item", method=LinearAutoencoder(dim=4, penalty=1.0), random_state=0)
    recommender.fit(table).save(tmp_path / "saved")
    again = TwoTowerRecommender.load(tmp_path / "saved")
    assert again.recommend(7, 3).equals(recommender.recommend(7, 3))
    assert again.recommend(7, 3)["item"].dtype.kind == "M"


def test_parameters_of_the_search_are_kept(tmp_path, tastes):
    pytest.importorskip("usearch")
    recommender = TwoTowerRecommender(
        "user", "item", method=LinearAutoencoder(dim=4, penalty=1.0), search={"name": "hnsw", "connectivity": 8}
    ).fit(tastes)
    recommender.save(tmp_path / "saved")
    again = TwoTowerRecommender.load(tmp_path / "saved")
    assert (again.search["name"], again.search["connectivity"]) == ("hnsw", 8)
    assert again.recommend(k=3).equals(recommender.recommend(k=3))


def test_added_items_are_saved(plain, tmp_path, folder):
    recommender = TwoTowerRecommender.load(folder)
    recommender.add_items(pd.DataFrame({"item": ["new"], "genres": ["odd"]})).save(tmp_path / "more")
    again = TwoTowerRecommender.load(tmp_path / "more")
    assert (again.n_items_, plain.n_items_) == (41, 40)
    assert np.array_equal(again.item_vectors_["new"], recommender.item_vectors_["new"])


def test_a_process_without_keras_reads_it(fit, tmp_path):
    recommender = fit("two_towers")
    recommender.save(tmp_path / "saved")
    expected = recommender.recommend(["u7", "u8"], 3)
    script = (
        "import json, sys\n"
        "from tabemb import TwoTowerRecommender\n"
        "recommender = TwoTowerRecommender.load(sys.argv[1])\n"
        "found = recommender.recommend(['u7', 'u8'], 3)\n"
        "loaded = sorted({'keras', 'tensorflow'} & set(sys.modules))\n"
        "print(json.dumps([found['item'].tolist(), loaded]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "saved")], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [expected["item"].tolist(), []]


def test_an_older_folder_is_replaced(plain, folder, tastes):
    other = TwoTowerRecommender("user", "item", method=LinearAutoencoder(dim=2, penalty=1.0)).fit(tastes)
    other.save(folder)
    assert TwoTowerRecommender.load(folder).towers_.dim == 2
    plain.save(folder)
    assert TwoTowerRecommender.load(str(folder)).towers_.dim == 6


def test_what_is_no_saved_recommender(tmp_path, plain, folder):
    with pytest.raises(FormatError, match="There is no saved estimator at"):
        TwoTowerRecommender.load(tmp_path / "nothing")
    (folder / "weights.safetensors").unlink()
    with pytest.raises(FormatError, match=r"weights\.safetensors is missing"):
        TwoTowerRecommender.load(folder)
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        plain.save(tmp_path / "file")


def test_a_saved_estimator_is_another_thing(tmp_path, folder):
    table = pd.DataFrame({"dest": ["IAH", "MIA"] * 20})
    tabemb.EmbeddingClassifier(max_epochs=1, random_state=0).fit(table, table["dest"]).save(tmp_path / "model")
    with pytest.raises(
        FormatError, match=r"is not a saved recommender but a saved 'EmbeddingClassifier'. Use tabemb\.load"
    ):
        TwoTowerRecommender.load(tmp_path / "model")
    with pytest.raises(FormatError, match=r"has no predictor: 'TwoTowerRecommender'. Load it with tabemb\.load"):
        tabemb.load_predictor(folder)


@pytest.mark.parametrize("load", [TwoTowerRecommender.load, tabemb.load], ids=["class", "tabemb"])
@pytest.mark.parametrize("name", ["tabemb.json", "weights.safetensors"])
@pytest.mark.parametrize("change", ["cut", "flipped", "empty"])
def test_damage_is_noticed(folder, load, name, change):
    path = folder / name
    content = bytearray(path.read_bytes())
    if change == "flipped":
        content[len(content) // 2] ^= 1
    path.write_bytes(b"" if change == "empty" else content[: len(content) * 2 // 3] if change == "cut" else content)
    with pytest.raises(FormatError):
        load(folder)


@pytest.mark.parametrize("load", [TwoTowerRecommender.load, tabemb.load], ids=["class", "tabemb"])
@pytest.mark.parametrize(
    "change",
    [
        lambda state, groups: state.pop("users"),
        lambda state, groups: state.pop("params"),
        lambda state, groups: state["params"].update(unknown=1),
        lambda state, groups: state["items"]["keys"].pop(),
        lambda state, groups: state.pop("rates"),
        lambda state, groups: state["columns"].update(item={}),
        lambda state, groups: groups["towers"].pop("items"),
        lambda state, groups: groups["towers"].pop("offset"),
        lambda state, groups: groups.pop("interactions"),
        lambda state, groups: groups["interactions"].pop("indptr"),
        lambda state, groups: groups["interactions"].update(indices=groups["interactions"]["indices"] + 1000),
        lambda state, groups: groups["interactions"].update(indices=-1 - groups["interactions"]["indices"]),
        lambda state, groups: groups["interactions"].update(indptr=groups["interactions"]["indptr"][:-1]),
        lambda state, groups: groups["towers"].update(items=groups["towers"]["items"][:, :3]),
        lambda state, groups: groups["towers"].pop("item_map.intercept"),
        lambda state, groups: groups["towers"].update({"item_map.weights": groups["towers"]["item_map.weights"][1:]}),
        lambda state, groups: groups["item_values"].pop("counts"),
        lambda state, groups: groups["item_values"].update(vectors=groups["item_values"]["vectors"][1:]),
        lambda state, groups: state["columns"].pop("user"),
        lambda state, groups: groups["towers"].update(item_biases=np.zeros(3, np.float32)),
        lambda state, groups: groups["towers"].update(users=groups["towers"]["users"][1:]),
        lambda state, groups: groups["item"].pop("edges/0", None) or groups["user"].pop("edges/0"),
    ],
)
def test_a_folder_that_was_written_by_others(folder, load, change):
    state, groups = read_saved(folder)
    change(state, groups)
    for name in ("format", "weights", "digest", "seal", "packed"):
        state.pop(name, None)
    for path in folder.iterdir():
        path.unlink()
    write_saved(folder, state, groups)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(FormatError, match="is not a complete saved"):
            load(folder)


def test_methods_of_others_are_not_saved(tmp_path, tastes):
    class Popularity(RecommendMethod):
        """Recommends what is popular."""

        def fit(self, observations, seed, *, verbose=0):
            shares = observations.item_shares[:, None]
            return Towers(users=np.ones((observations.matrix.matrix.shape[0], 1), np.float32), items=shares)

    with pytest.raises(UnknownNameError, match="A method is given as a name"):
        TwoTowerRecommender("user", "item", method=Popularity()).fit(tastes)
    METHODS.register("popularity_of_a_test")(Popularity)
    try:
        found = TwoTowerRecommender("user", "item", method="popularity_of_a_test").fit(tastes)
        best = found.recommend("u7", 1, exclude_seen=False)
        assert best["score"][0] == pytest.approx(tastes["item"].value_counts(normalize=True).iloc[0])
    finally:
        METHODS._entries.pop("popularity_of_a_test")
    found.method = Popularity()
    with pytest.raises(UnknownNameError, match="A method is given as a name"):
        found.save(tmp_path / "saved")


def test_one_that_was_saved_without_a_half_life_has_none(plain, folder, tastes):
    state, groups = read_saved(folder)
    del state["half_life"], state["params"]["half_life"]
    write_saved(folder, state, groups)
    again = TwoTowerRecommender.load(folder)
    assert again.half_life_ is None
    pd.testing.assert_frame_equal(again.recommend("u7"), plain.recommend("u7"))
