"""Rows for new categories in fitted estimators."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

import tabemb
from tabemb import EmbeddingClassifier, EmbeddingEncoder, EmbeddingPretrainer, EmbeddingRegressor
from tabemb.estimators import persistence
from tabemb.estimators.growth import STARTS_OF_NEW
from tabemb.exceptions import ColumnError, DataError, TrainingError, UnknownNameError
from tabemb.table.schema import TypeChangedWarning, UnknownCategoryWarning
from tabemb.table.vocabulary import Vocabulary
from tabemb.training import steps

RNG = np.random.default_rng(0)
N = 160
JOBS = ["baker", "nurse", "pilot", "welder", "tailor", "cooper"]
X = pd.DataFrame(
    {
        "job": RNG.choice(JOBS, N),
        "town": RNG.choice(["Ulm", "Bonn", None], N),
        "age": RNG.integers(20, 60, N).astype(float),
    }
)
Y = np.where(X["job"].isin(JOBS[:3]), "a", "b")
NUMBERS = np.where(Y == "a", 1.0, 3.0) + X["age"].to_numpy() / 100
NEW = pd.DataFrame({"job": ["nurses", "astronaut", "nurses", "baker"] * 10, "town": ["Ulm", "Kiel"] * 20, "age": 30.0})
Y_NEW = np.array(["a", "b"] * 20)
ALL = [EmbeddingClassifier, EmbeddingRegressor, EmbeddingEncoder, EmbeddingPretrainer]
BODIES = ["mlp", "resnet", "wide_deep", "deepfm", "cross", "ft_transformer", "tabm", "ensemble"]


def params(quick, **more):
    return {**quick, "embedding_dim": 3, **more}


FITTED = {}


@pytest.fixture
def begun(quick, untrained):
    """Return a function that fits an estimator without training."""

    def fit(cls, **more):
        with untrained():
            return newly_fitted(cls, quick, **more)

    return fit


def fitted(cls, quick, **more):
    if more:
        return newly_fitted(cls, quick, **more)
    if cls not in FITTED:
        FITTED[cls] = newly_fitted(cls, quick)
    return pickle.loads(pickle.dumps(FITTED[cls]))


def newly_fitted(cls, quick, **more):
    if cls is EmbeddingPretrainer:
        kept = {name: value for name, value in more.items() if name not in ("body", "target_statistics")}
        return cls(embedding_dim=3, random_state=0, **kept).fit(X)
    if cls is not EmbeddingEncoder:
        more = {"one_hot_max_categories": 0, **more}
    y = NUMBERS if cls is EmbeddingRegressor else Y
    return cls(**params(quick, **more)).fit(X, y)


def answer(model, rows):
    if hasattr(model, "transform"):
        return model.transform(rows)
    return model.predict_proba(rows) if hasattr(model, "predict_proba") else model.predict(rows)


# ---------------------------------------------------------------- extend


@pytest.mark.parametrize("start", [each for each in STARTS_OF_NEW if each != "pretrained"])
@pytest.mark.parametrize("cls", ALL)
def test_answers_for_known_categories_stay_the_same_bit_for_bit(cls, start, quick):
    model = fitted(cls, quick)
    before, vectors = answer(model, X), dict(model.vectors_)
    assert model.extend(NEW, start=start) is model
    assert answer(model, X).tobytes() == before.tobytes()
    for column, old in vectors.items():
        new = model.vectors_[column]
        assert new.index_to_key[: len(old)] == old.index_to_key
        assert new.vectors[: len(old)].tobytes() == old.vectors.tobytes()
        assert new.counts[: len(old)].tolist() == old.counts.tolist()
        assert np.array_equal(new.unknown, old.unknown)
        assert np.array_equal(new.missing, old.missing)
    assert model.new_categories_ == {"job": ["nurses", "astronaut"], "town": ["Kiel"]}
    assert model.encoder_.vocabularies["job"].counts[-2:].tolist() == [20, 10]


@pytest.mark.parametrize("body", BODIES)
def test_each_body_grows(body, begun):
    model = begun(EmbeddingClassifier, body=body)
    before, unseen = model.predict_proba(X), model.predict_proba(NEW)
    model.extend(NEW)
    assert np.array_equal(model.predict_proba(X), before)
    assert np.array_equal(model.predict_proba(NEW), unseen)
    model.partial_fit(NEW, Y_NEW)
    assert not np.array_equal(model.predict_proba(NEW), unseen)


def test_new_categories_start_as_unknown_as_the_mean_or_as_the_nearest_name(quick):
    at = {
        start: fitted(EmbeddingEncoder, quick).extend(NEW, start=start).vectors_["job"] for start in STARTS_OF_NEW[:3]
    }
    old = fitted(EmbeddingEncoder, quick).vectors_["job"]
    assert np.array_equal(at["unknown"]["nurses"], old.unknown)
    mean = np.average(old.vectors, axis=0, weights=old.counts)
    np.testing.assert_allclose(at["mean"]["nurses"], mean, atol=1e-6)
    assert np.array_equal(at["nearest"]["nurses"], old["nurse"])
    assert np.array_equal(at["nearest"]["astronaut"], old.unknown)


def test_one_hot_columns_grow_and_stay_one_hot_beyond_their_limit(quick, tmp_path):
    model = fitted(EmbeddingClassifier, quick, one_hot_max_categories=6, embedding_dim="capped")
    assert list(model.vectors_) == []
    before = model.predict_proba(X)
    model.extend(NEW)
    assert model.encoder_.vocabularies["job"].n_categories == 8
    assert list(model.vectors_) == []
    assert np.array_equal(model.predict_proba(X), before)
    model.save(tmp_path / "model")
    assert np.array_equal(tabemb.load(tmp_path / "model").predict_proba(NEW), model.predict_proba(NEW))
    model.partial_fit(NEW, Y_NEW)


@pytest.mark.parametrize("cls", ALL)
def test_a_grown_estimator_is_saved_and_pickled(cls, quick, tmp_path):
    model = fitted(cls, quick).extend(NEW, start="mean")
    model.save(tmp_path / "model")
    for again in (tabemb.load(tmp_path / "model"), pickle.loads(pickle.dumps(model))):
        for rows in (X, NEW):
            assert np.array_equal(answer(again, rows), answer(model, rows))
        assert again.vectors_["job"] == model.vectors_["job"]


def test_a_loaded_estimator_trains_as_before_it_was_saved(quick, tmp_path):
    """Neither dimensions nor learning rates may follow from the grown vocabulary."""
    body = {"name": "mlp", "hidden_units": (16,), "dropout": 0}
    model = fitted(EmbeddingClassifier, quick, body=body, embedding_dim="capped").extend(NEW)
    model.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    assert again._network.spec.features == model._network.spec.features
    for each in (model, again):
        each.partial_fit(NEW, Y_NEW)
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


def test_ensembles_and_statistics_grow(quick, tmp_path):
    model = fitted(EmbeddingClassifier, quick, n_ensemble=2, target_statistics=True, crosses=[["job", "town"]])
    before, statistics = model.predict_proba(X), model.encoder_.encode(X).numbers
    model.extend(NEW)
    assert model.statistics_share_ > 0
    assert np.array_equal(model.encoder_.encode(X).numbers, statistics)
    assert np.array_equal(model.predict_proba(X), before)
    # Until the next fit, a new category has no statistics: that of all rows.
    place = model.encoder_.n_plain_numbers
    new = model.encoder_.encode(NEW.assign(town="Ulm")).numbers[:, place:]
    assert np.array_equal(new[0], new[1])
    assert not np.array_equal(new[0], new[3])
    model.save(tmp_path / "model")
    assert np.array_equal(tabemb.load(tmp_path / "model").predict_proba(NEW), model.predict_proba(NEW))


def test_predictors_and_vectors_made_before_do_not_change(quick):
    model = fitted(EmbeddingClassifier, quick)
    predictor, vectors = model.predictor(), model.vectors_
    before = predictor.predict_proba(NEW)
    model.extend(NEW, start="mean").partial_fit(NEW, Y_NEW)
    assert np.array_equal(predictor.predict_proba(NEW), before)
    assert "nurses" not in vectors["job"]
    assert "nurses" in model.vectors_["job"]


def test_columns_limits_and_repetition(begun):
    model = begun(EmbeddingClassifier).extend(NEW, columns=["town"])
    assert model.new_categories_ == {"town": ["Kiel"]}
    assert model.extend(NEW, columns=["town"]).new_categories_ == {}
    rare = begun(EmbeddingClassifier, min_frequency=15).extend(NEW)
    assert rare.new_categories_ == {"job": ["nurses"], "town": ["Kiel"]}
    assert rare.growth_report_["job"].unknown == ("astronaut",)
    full = begun(EmbeddingClassifier, max_categories=8).extend(NEW)
    assert full.new_categories_ == {"job": ["nurses"], "town": ["Kiel"]}
    assert full.growth_report_["job"].n_unknown == 1
    assert repr(full.growth_report_).startswith(
        "job: 1 new categories in 20 of 40 rows: 'nurses'; 1 remain unknown: 'astronaut'; drift "
    )


def test_a_table_of_fewer_categories_removes_none(begun):
    model = begun(EmbeddingClassifier)
    model.extend(X[X["job"] == "baker"])
    assert model.encoder_.vocabularies["job"].n_categories == 6
    assert model.new_categories_ == {}


def test_dates_numbers_and_arrow_polars_tables_grow(quick, untrained):
    import polars as pl

    days = pd.Series(pd.date_range("2024-01-01", periods=N, freq="h"))
    table = pd.DataFrame({"code": RNG.integers(0, 5, N), "day": days, "size": RNG.random(N)})
    with untrained():
        model = EmbeddingClassifier(["code"], **params(quick)).fit(table, Y)
    later = table.assign(code=7, day=days + pd.Timedelta(days=40))
    for rows in (later, pl.from_pandas(later)):
        model.extend(rows)
    vocabularies = model.encoder_.vocabularies
    assert vocabularies["code"].keys[-1] == 7
    assert any(each.size > vocabularies[name].FIRST and name.startswith("day") for name, each in vocabularies.items())


@pytest.mark.parametrize("cls", ALL)
def test_the_report_is_saved(cls, begun, tmp_path):
    model = begun(cls)
    model.save(tmp_path / "before")
    for each in (model, tabemb.load(tmp_path / "before")):
        for name in ("new_categories_", "growth_report_"):
            with pytest.raises(AttributeError, match="There is no growth report: since the fit, neither extend nor"):
                getattr(each, name)
    model.extend(NEW).save(tmp_path / "model")
    for again in (tabemb.load(tmp_path / "model"), pickle.loads(pickle.dumps(model))):
        assert again.new_categories_ == {"job": ["nurses", "astronaut"], "town": ["Kiel"]}
        assert dict(again.growth_report_) == dict(model.growth_report_)
        assert again.extend(NEW).new_categories_ == {}


def test_folders_without_a_report_are_loaded(begun, tmp_path, monkeypatch):
    model = begun(EmbeddingClassifier).extend(NEW)
    taken = persistence.take_growth
    monkeypatch.setattr(
        persistence,
        "take_growth",
        lambda estimator, state: taken(estimator, {name: each for name, each in state.items() if name != "growth"}),
    )
    model.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(NEW), model.predict_proba(NEW))
    assert not hasattr(again, "growth_report_")
    with pytest.raises(AttributeError, match="No growth report was saved with this estimator"):
        _ = again.new_categories_
    again.save(tmp_path / "again")
    assert again.extend(NEW).new_categories_ == {}


def test_a_new_fit_has_no_report(begun, untrained):
    model = begun(EmbeddingClassifier).extend(NEW)
    with untrained():
        assert not hasattr(model.fit(X, Y), "growth_report_")


@pytest.mark.parametrize("kind", ["hashing", "double_hashing", "ngrams"])
def test_hashed_columns_need_no_growth_and_are_reported(kind, begun):
    model = begun(EmbeddingClassifier, vocabulary={"job": kind})
    with pytest.raises(ColumnError, match=f"column 'job' has the vocabulary '{kind}', which finds vectors by hashes"):
        model.extend(NEW, columns=["job"])
    with pytest.raises(ColumnError, match="Leave it out of the columns to extend"):
        model.partial_fit(NEW, Y_NEW, grow=["job", "town"])
    model.extend(NEW)
    assert model.new_categories_ == {"town": ["Kiel"]}
    assert list(model.growth_report_) == ["job", "town"]
    job = model.growth_report_["job"]
    # "nurses" has an n-gram of "nurse" and some of its own.
    assert (job.n_rows, job.n_hashed_new, job.rows_of_hashed_new, job.n_unknown) == (40, 2, 30, 0)
    assert repr(model.growth_report_).startswith(
        "job: hashed, nothing to add; at least 2 new categories in 30 of 40 rows\ntown: 1 new"
    )
    model.extend(X)
    assert model.growth_report_["job"].n_hashed_new == 0


def test_a_table_of_hashed_columns_alone_is_reported(quick, untrained):
    with untrained():
        model = EmbeddingClassifier(**params(quick, vocabulary={"job": "hashing"})).fit(X[["job", "age"]], Y)
        model.partial_fit(NEW[["job", "age"]], Y_NEW)
    assert repr(model.growth_report_) == ("job: hashed, nothing to add; at least 2 new categories in 30 of 40 rows")


# ---------------------------------------------------------------- bad input


def test_extend_before_fit_is_refused(quick):
    for cls in ALL:
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            cls().extend(NEW)
        for name in ("new_categories_", "growth_report_"):
            with pytest.raises(NotFittedError, match="is not fitted yet"):
                getattr(cls(), name)


def test_bad_input_is_refused_and_nothing_changes(quick):
    model = fitted(EmbeddingClassifier, quick)
    state = dict(vars(model))
    cases = [
        (NEW.drop(columns="job"), {}, ColumnError, "job"),
        (NEW, {"columns": ["jbo"]}, ColumnError, "There is no categorical column 'jbo' to extend. .* mean 'job'"),
        (NEW, {"columns": ["age"]}, ColumnError, "There is no categorical column 'age' to extend"),
        (NEW[:0], {}, DataError, r"Found array with 0 sample\(s\)"),
        (NEW.assign(job=range(40)), {}, DataError, "Column 'job': New categories are number, such as 0, but"),
        (NEW, {"start": "random"}, UnknownNameError, "random"),
        (NEW, {"start": "pretrained"}, DataError, "start='pretrained' looks new categories up in the vectors of the"),
    ]
    for table, more, error, message in cases:
        with pytest.raises(error, match=message):
            model.extend(table, **more)
        assert vars(model) == state


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"grow": "job"}, "grow must be True, False, or a list of columns, got 'job'"),
        ({"grow": None}, "grow must be True, False, or a list of columns, got None"),
        ({"grow": ["jbo"]}, "There is no categorical column 'jbo'"),
        ({"freeze_known": 1}, "freeze_known must be True or False, got 1"),
        ({"start": "random"}, "random"),
    ],
)
def test_bad_parameters_of_partial_fit(more, message, quick):
    model = fitted(EmbeddingClassifier, quick)
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match=message):
        model.partial_fit(NEW, Y_NEW, **more)
    assert np.array_equal(model.predict_proba(X), before)
    assert model.encoder_.vocabularies["job"].n_categories == 6


# ---------------------------------------------------------------- partial_fit


@pytest.mark.parametrize("cls", [EmbeddingClassifier, EmbeddingRegressor])
def test_partial_fit_learns_new_categories(cls, quick):
    new, old = (NEW, Y_NEW), (X, Y)
    if cls is EmbeddingRegressor:
        new, old = (NEW, np.where(Y_NEW == "a", 0.0, 9.0)), (X, NUMBERS)
    model = cls(**params(quick, one_hot_max_categories=0)).partial_fit(*old)
    before = model.vectors_["job"]
    model.partial_fit(*new)
    after = model.vectors_["job"]
    assert model.new_categories_ == {"job": ["nurses", "astronaut"], "town": ["Kiel"]}
    assert after.index_to_key == [*before.index_to_key, "nurses", "astronaut"]
    assert model.unknown_counts_ == {}
    assert not np.array_equal(after["nurses"], after["astronaut"])
    assert not np.array_equal(after["baker"], before["baker"])
    counts = dict(zip(before.index_to_key, before.counts, strict=True))
    for key, more in {"baker": 10, "pilot": 0}.items():
        assert after.counts[after.index_to_key.index(key)] == counts[key] + more


def test_new_categories_get_better_with_training(quick):
    model = fitted(EmbeddingClassifier, quick)
    table = pd.concat([X.assign(job="aa"), X.assign(job="bb")], ignore_index=True)
    y = np.repeat(["a", "b"], N)
    losses = []
    for _ in range(15):
        model.partial_fit(table, y)
        losses.append(model.history_["loss"][-1])
    assert losses[-1] < 0.5 * losses[0]
    assert (model.predict(table) == y).mean() > 0.95


def test_known_vectors_are_frozen_on_request(quick):
    model = EmbeddingClassifier(**params(quick, one_hot_max_categories=0), weight_decay=0.1, handle_unknown="mean")
    model.partial_fit(X, Y)
    old = model.vectors_["job"]
    model.partial_fit(NEW, Y_NEW, freeze_known=True)
    new = model.vectors_["job"]
    assert new.vectors[: len(old)].tobytes() == old.vectors.tobytes()
    assert np.array_equal(new.unknown, old.unknown)
    assert new.counts[: len(old)].tolist() == old.counts.tolist()
    assert not np.array_equal(new["nurses"], old.unknown)
    # Afterwards all rows are trained again, and the new ones are known.
    model.partial_fit(NEW, Y_NEW)
    last = model.vectors_["job"]
    assert not np.array_equal(last["baker"], old["baker"])
    model.partial_fit(NEW, Y_NEW, freeze_known=True)
    assert np.array_equal(model.vectors_["job"].vectors, last.vectors)
    assert model._network.held == {}


def test_growth_keeps_the_moments_and_the_compiled_loop(quick):
    model = EmbeddingClassifier(**params(quick, one_hot_max_categories=0)).partial_fit(X, Y)
    (loop,) = model._loops
    (before,) = [loop.moments()]
    model.partial_fit(NEW, Y_NEW)
    assert model._loops == [loop]
    assert loop._compiled[False].experimental_get_tracing_count() == 1
    after = loop.moments()
    assert after.step > before.step > 0
    # The rows that the batch does not have only decay.
    place = model.encoder_.vocabularies["job"].index_of("pilot")
    decayed = before.rows["job"][place] * 0.999 ** (after.step - before.step)
    np.testing.assert_allclose(after.rows["job"][place], decayed, rtol=1e-4)
    assert (after.rows["job"][-2:] > 0).all()


def test_growth_by_extend_between_calls_keeps_the_moments(quick):
    model = EmbeddingClassifier(**params(quick, one_hot_max_categories=0)).partial_fit(X, Y)
    steps = model._loops[0].moments().step
    model.extend(NEW).partial_fit(NEW, Y_NEW)
    assert model._loops[0].moments().step > steps
    assert model._loops[0].network is model._network


def test_one_hot_columns_keep_the_moments_of_their_kernels(quick):
    model = EmbeddingClassifier(**params(quick, embedding_dim="capped", one_hot_max_categories=100)).partial_fit(X, Y)
    before = model._loops[0].moments()
    model.partial_fit(NEW, Y_NEW)
    after = model._loops[0].moments()
    assert after.step > before.step
    assert {place: sum(sizes) for place, sizes in before.kernels.items()} != {
        place: sum(sizes) for place, sizes in after.kernels.items()
    }


def test_training_repeats_exactly(quick):
    def grown():
        model = EmbeddingClassifier(**params(quick, one_hot_max_categories=0)).partial_fit(X, Y)
        return model.partial_fit(NEW, Y_NEW).partial_fit(X, Y).predict_proba(NEW)

    assert np.array_equal(grown(), grown())


def test_nothing_is_lost_when_training_fails(quick):
    model = EmbeddingClassifier(**params(quick, one_hot_max_categories=0)).partial_fit(X, Y)
    before, encoder, network = model.predict_proba(NEW), model.encoder_, model._network
    model.set_params(learning_rate=1e38, batch_size=8)
    with pytest.raises(TrainingError):
        model.partial_fit(NEW, Y_NEW, freeze_known=True)
    with pytest.raises(DataError, match="class"):
        model.partial_fit(NEW, np.array(["z"] * 40))
    assert np.array_equal(model.predict_proba(NEW), before)
    assert model.encoder_ is encoder
    assert model._network is network
    assert network.held == {}
    assert not hasattr(model, "growth_report_")
    model.set_params(learning_rate=0.02).partial_fit(NEW, Y_NEW)
    assert model.new_categories_["job"] == ["nurses", "astronaut"]


def test_rows_of_weight_zero_bring_no_categories(quick):
    model = EmbeddingClassifier(**params(quick, one_hot_max_categories=0)).partial_fit(X, Y)
    weights = (NEW["job"] != "astronaut").astype(float)
    model.partial_fit(NEW, Y_NEW, sample_weight=weights)
    assert model.new_categories_["job"] == ["nurses"]


def test_categories_of_another_type_remain_unknown(quick):
    model = EmbeddingClassifier(**params(quick, one_hot_max_categories=0)).partial_fit(X, Y)
    with (
        pytest.warns(TypeChangedWarning, match="No cell of column 'job' is known: it held text at fit, but now number"),
        pytest.warns(UnknownCategoryWarning, match="their type is not that of the known ones"),
    ):
        model.partial_fit(NEW.assign(job=range(40)), Y_NEW)
    assert model.new_categories_ == {"town": ["Kiel"]}
    assert model.unknown_counts_ == {"job": 40}


def test_refused_categories_are_learned_unless_growth_is_off(quick):
    model = EmbeddingClassifier(**params(quick, handle_unknown="error", one_hot_max_categories=0)).partial_fit(X, Y)
    with pytest.raises(DataError, match="Found unknown categories in column 'job'"):
        model.partial_fit(NEW, Y_NEW, grow=False)
    model.partial_fit(NEW, Y_NEW)
    assert model.new_categories_["job"] == ["nurses", "astronaut"]
    with pytest.raises(DataError, match="Found unknown categories in column 'job'"):
        model.predict(NEW.assign(job="smith"))


def test_similar_names_get_vectors_of_their_own(quick):
    model = EmbeddingClassifier(**params(quick, handle_unknown="nearest", one_hot_max_categories=0)).partial_fit(X, Y)
    assert np.array_equal(
        model.encoder_.encode(NEW).indices[0], model.encoder_.encode(NEW.assign(job="nurse")).indices[0]
    )
    model.partial_fit(NEW, Y_NEW)
    assert "nurses" in model.vectors_["job"]
    nearest = model.encoder_.encode(NEW.assign(job="astronauts"))
    assert model.encoder_.vocabularies["job"].decode(nearest.indices[:1, 0]) == ["astronaut"]


# ---------------------------------------------------------------- pretrained words


WORDS = {job: RNG.normal(size=3).astype("float32") for job in [*JOBS, "astronaut", "nurses"]}


def pretrained(quick, **more):
    some = {job: WORDS[job] for job in WORDS if job != "nurses"}
    return EmbeddingClassifier(
        **params(quick, one_hot_max_categories=0, pretrained={"job": some}, embedding_dim={"job": 3}, **more)
    ).fit(X, Y)


def test_new_categories_start_from_their_pretrained_words(quick):
    """With all rows frozen, the space is that of the words: one linear map for known and new categories."""
    model = pretrained(quick, freeze="found")
    model.extend(NEW, start="pretrained")
    vectors = model.vectors_["job"]
    known = np.array([[*WORDS[job], 1.0] for job in JOBS])
    solution, *_ = np.linalg.lstsq(known, vectors[JOBS], rcond=None)
    np.testing.assert_allclose(vectors["astronaut"], np.array([*WORDS["astronaut"], 1.0]) @ solution, atol=1e-5)
    # There is no word for this one.
    assert np.array_equal(vectors["nurses"], vectors.unknown)


def test_new_pretrained_rows_are_frozen_as_those_of_the_fit(quick, tmp_path):
    model = pretrained(quick, freeze="found").partial_fit(NEW, Y_NEW, start="pretrained")
    before = model.vectors_["job"]
    model.save(tmp_path / "model")
    for each in (model, tabemb.load(tmp_path / "model")):
        each.partial_fit(NEW, Y_NEW)
        after = each.vectors_["job"]
        assert np.array_equal(after["astronaut"], before["astronaut"])
        assert not np.array_equal(after["nurses"], before["nurses"])


def test_pretrained_words_have_to_be_there(quick, tmp_path):
    model = pretrained(quick)
    model.save(tmp_path / "model")
    again = tabemb.load(tmp_path / "model")
    with pytest.raises(DataError, match=re.escape("(Vectors in memory are not saved with an estimator; paths are.)")):
        again.extend(NEW, start="pretrained")
    again.set_params(pretrained={"town": WORDS})
    with pytest.raises(ColumnError, match=r"column 'job' were pretrained in the fit, but .* It has: \['town'\]"):
        again.extend(NEW, start="pretrained")
    again.set_params(pretrained={"job": WORDS}).extend(NEW, start="pretrained")
    assert not np.array_equal(again.vectors_["job"]["nurses"], again.vectors_["job"].unknown)


def test_several_pretrained_columns_and_estimators_grow(quick):
    towns = {"Ulm": [1.0, 0.0, 0.5], "Bonn": [0.0, 1.0, 0.5], "Kiel": [1.0, 1.0, 0.5]}
    both = {"job": WORDS, "town": towns}
    model = EmbeddingClassifier(**params(quick, one_hot_max_categories=0, pretrained=both)).fit(X, Y)
    model.extend(NEW, start="pretrained")
    assert not np.array_equal(model.vectors_["town"]["Kiel"], model.vectors_["town"].unknown)
    source = EmbeddingPretrainer(embedding_dim=3, random_state=0).fit(pd.concat([X, NEW], ignore_index=True))
    again = EmbeddingClassifier(**params(quick, one_hot_max_categories=0, pretrained=source)).fit(X, Y)
    again.extend(NEW, start="pretrained")
    assert not np.array_equal(again.vectors_["job"]["astronaut"], again.vectors_["job"].unknown)


def test_all_rows_of_a_frozen_table_stay_frozen(quick):
    model = pretrained(quick, freeze=True).partial_fit(NEW, Y_NEW, start="pretrained")
    before = model.vectors_["job"]
    model.partial_fit(NEW, Y_NEW)
    assert model.vectors_["job"].vectors.tobytes() == before.vectors.tobytes()


def test_indices_of_known_categories_never_change(begun):
    model = begun(EmbeddingClassifier)
    indices = model.encoder_.encode(X).indices
    for name in ("x", "y"):
        model.extend(NEW.assign(job=name))
    assert np.array_equal(model.encoder_.encode(X).indices, indices)
    assert model.encoder_.vocabularies["job"].index_of("y") == Vocabulary.FIRST + 7


@pytest.mark.parametrize("way", ["extend", "partial_fit"])
def test_a_push_after_growth_sends_only_new_rows(way, quick, tmp_path):
    pytest.importorskip("lancedb")
    uri = f"lancedb:{tmp_path}/vectors"
    model = fitted(EmbeddingClassifier, quick)
    tabemb.push(model.vectors_, uri)
    if way == "extend":
        model.extend(NEW)
    else:
        model.partial_fit(NEW, Y_NEW, freeze_known=True)
    pushed = {
        each.column: (each.written, each.unchanged, each.removed) for each in tabemb.push(model.vectors_, uri).columns
    }
    assert pushed == {"job": (2, 6, 0), "town": (1, 2, 0)}
    assert tabemb.pull(uri, "job") == model.vectors_["job"]


def test_tables_that_outgrow_an_update_as_a_whole_keep_their_moments(quick, monkeypatch):
    """From some size on, a step updates only the rows of its batch, which is compiled anew."""
    monkeypatch.setattr(steps, "SMALL", 9)
    model = EmbeddingClassifier(**params(quick, one_hot_max_categories=0, n_ensemble=2)).partial_fit(X, Y)
    loops, before = list(model._loops), model._loops[1].moments()
    model.partial_fit(NEW, Y_NEW)
    assert all(new is not old for new, old in zip(model._loops, loops, strict=True))
    after = model._loops[1].moments()
    place = model.encoder_.vocabularies["job"].index_of("pilot")
    decayed = before.rows["job"][place] * 0.999 ** (after.step - before.step)
    np.testing.assert_allclose(after.rows["job"][place], decayed, rtol=1e-4)
