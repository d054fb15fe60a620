"""Epochs, validation, early stopping, and the training record."""

import re
from dataclasses import replace

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss

from tabemb.exceptions import TrainingError, UnknownNameError
from tabemb.nn.tasks import Ranking
from tabemb.training import trainer as trainer_module
from tabemb.training.batches import Rows
from tabemb.training.steps import TrainingLoop
from tabemb.training.trainer import EarlyStopping, Trainer


class Weights(keras.callbacks.Callback):
    """Keeps the weights of each epoch."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(self.model.get_weights())


def equal(one, two):
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_the_loss_falls_and_the_record_is_plain_lists(workshop):
    record, _ = workshop.fit(workshop.network(), workshop.rows(), max_epochs=15, learning_rate=0.03)
    assert record.n_epochs == record.best_epoch == 15
    assert set(record.history) == {"loss", "learning_rate"}
    assert all(type(value) is float for values in record.history.values() for value in values)
    assert record.history["loss"][0] < np.log(2)
    assert record.history["loss"][-1] < 0.5 * record.history["loss"][0]


@pytest.mark.usefixtures("without_compiling")
def test_validation_metrics_are_those_of_scikit_learn(workshop):
    network, held = workshop.network(), workshop.rows(30, seed=1, weights=np.linspace(1, 3, 30))
    record, _ = workshop.fit(network, workshop.rows(), held, max_epochs=2, n_iter_no_change=9, tol=0)
    probabilities = workshop.task.activate(network.logits(held.table))
    figures = {"sample_weight": held.weights}
    best = record.best_epoch - 1
    assert record.history["val_loss"][best] == pytest.approx(log_loss(held.targets, probabilities, **figures), rel=1e-5)
    assert record.history["val_accuracy"][best] == pytest.approx(
        accuracy_score(held.targets, probabilities[:, 1] > 0.5, **figures)
    )


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ("constant", [1, 1, 1]),
        ("linear", [1 - 5 / 18, 1 - 11 / 18, 1 - 17 / 18]),
        ({"name": "cosine", "warmup": 0}, [0.5 * (1 + np.cos(np.pi * step / 18)) for step in (5, 11, 17)]),
    ],
)
@pytest.mark.usefixtures("without_compiling")
def test_the_recorded_learning_rate_is_that_of_the_epochs_last_step(schedule, factors, workshop):
    record, _ = workshop.fit(workshop.network(), workshop.rows(96), schedule=schedule)
    assert record.history["learning_rate"] == pytest.approx([0.01 * factor for factor in factors], rel=1e-12)


def test_early_stopping_restores_the_best_epochs_weights_to_the_last_bit(workshop):
    # Random targets: the network overfits, and the validation loss soon rises.
    rng = np.random.default_rng(0)
    train, held = (
        Rows(table=r.table, targets=rng.integers(0, 2, len(r)).astype("float32"))
        for r in (workshop.rows(96), workshop.rows(40, seed=1))
    )
    network, alone, notes = workshop.network(), workshop.network(), Weights()
    params = {"max_epochs": 60, "learning_rate": 0.03, "n_iter_no_change": 3, "tol": 0.0}
    record, _ = workshop.fit(network, train, held, callbacks=[notes], **params)
    workshop.fit(alone, train, held, **params)
    losses = record.history["val_loss"]
    assert record.best_epoch == int(np.argmin(losses)) + 1
    assert record.n_epochs == record.best_epoch + 3 == len(losses) < 60
    assert equal(network.model.get_weights(), notes.epochs[record.best_epoch - 1])
    assert not equal(network.model.get_weights(), notes.epochs[-1])
    # Without callbacks the best weights are kept differently.
    assert equal(alone.model.get_weights(), network.model.get_weights())


@pytest.mark.usefixtures("without_compiling")
def test_without_patience_the_last_weights_are_kept(workshop):
    network, notes = workshop.network(), Weights()
    record, _ = workshop.fit(network, workshop.rows(), workshop.rows(20, seed=1), callbacks=[notes])
    assert record.best_epoch == 3
    assert equal(network.model.get_weights(), notes.epochs[-1])


@pytest.mark.usefixtures("without_compiling")
def test_a_shorter_training_is_the_beginning_of_a_longer_one(workshop, capsys):
    """The schedule is that of all epochs, so that a fold can train for the best number of epochs of another."""
    params = {"max_epochs": 6, "schedule": "cosine"}
    longer, shorter = Weights(), Weights()
    workshop.fit(workshop.network(), workshop.rows(32), callbacks=[longer], **params)
    record, _ = workshop.fit(
        workshop.network(), workshop.rows(32), callbacks=[shorter], stop_after=2, verbose=1, **params
    )
    assert (record.n_epochs, record.best_epoch) == (2, 2)
    assert len(shorter.epochs) == 2
    assert all(equal(*each) for each in zip(shorter.epochs, longer.epochs[:2], strict=True))
    assert "epoch 2/2" in capsys.readouterr().err


@pytest.mark.usefixtures("without_compiling")
def test_an_improvement_must_exceed_tol(workshop):
    _, loop = workshop.fit(workshop.network(), workshop.rows(32), max_epochs=1)
    stopper = EarlyStopping(loop, 2, tol=0.1)
    assert [stopper.done(e, loss) for e, loss in enumerate([1.0, 0.95, 0.89, 0.85, 0.80])] == [False] * 4 + [True]
    assert stopper.best_epoch(4) == 2


@pytest.mark.parametrize(
    ("losses", "n_epochs"),
    [
        ([1.0, 0.9, 0.8, 0.81, 0.82, 0.83, 0.7], 6),
        ([1.0, 0.9, 0.8, 0.81, 0.82, 0.815, 0.83, 0.84, 0.7], 8),
        ([1.0, 0.9, 0.8, 0.82, 0.81, 0.82, 0.81, 0.79, 0.78], None),
        ([1.0, 1.1, 1.2, 1.3], 4),
        ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0], 6),
    ],
)
@pytest.mark.usefixtures("without_compiling")
def test_automatic_patience_is_five_epochs_or_three_rises_in_a_row(losses, n_epochs, workshop, monkeypatch):
    network, held = workshop.network(), workshop.rows(20, seed=1)
    answers = iter(losses)
    monkeypatch.setattr(trainer_module, "evaluate", lambda *_: {"val_loss": next(answers)})
    record, _ = workshop.fit(network, workshop.rows(16), held, max_epochs=len(losses), n_iter_no_change="auto")
    assert record.n_epochs == (n_epochs or len(losses))
    assert record.best_epoch == int(np.argmin(losses[: record.n_epochs])) + 1


@pytest.mark.usefixtures("without_compiling")
def test_a_number_of_epochs_without_a_better_loss_allows_any_rises(workshop, monkeypatch):
    answers = iter([1.0, 1.1, 1.2, 1.3, 1.4, 0.5, 0.6])
    monkeypatch.setattr(trainer_module, "evaluate", lambda *_: {"val_loss": next(answers)})
    held = workshop.rows(20, seed=1)
    record, _ = workshop.fit(workshop.network(), workshop.rows(16), held, max_epochs=7, n_iter_no_change=5)
    assert (record.n_epochs, record.best_epoch) == (7, 6)


@pytest.mark.parametrize(("patience", "n_epochs"), [("auto", 5), (2, 4), (4, 6)])
@pytest.mark.usefixtures("without_compiling")
def test_a_loss_that_is_only_watched_stops_the_training_too(patience, n_epochs, workshop, monkeypatch):
    watched, falling = iter([1.0, 0.9, 0.9, 0.95, 0.9, 0.9, 0.9]), iter(np.arange(9.0, 0.0, -1.0))
    monkeypatch.setattr(
        trainer_module, "evaluate", lambda *_: {"val_loss": next(falling), "val_watched": next(watched)}
    )
    held = workshop.rows(20, seed=1)
    record, _ = workshop.fit(workshop.network(), workshop.rows(16), held, max_epochs=7, n_iter_no_change=patience)
    assert record.n_epochs == n_epochs


def test_two_fits_with_one_seed_are_the_same_to_the_last_bit_and_seeds_matter(workshop):
    made = []
    for seed in (0, 0, 1):
        network = workshop.network(seed=seed)
        record, _ = workshop.fit(network, workshop.rows(), category_dropout=0.2)
        made.append((record.history, network.model.get_weights()))
    assert made[0][0] == made[1][0]
    assert equal(made[0][1], made[1][1])
    assert not equal(made[0][1], made[2][1])


@pytest.mark.parametrize(
    "params",
    [{"batch_size": 8}, {"learning_rate": 0.02}, {"weight_decay": 0.5}, {"category_dropout": 0.3}, {"max_epochs": 4}],
    ids=lambda params: next(iter(params)),
)
@pytest.mark.usefixtures("without_compiling")
def test_each_parameter_changes_what_is_learned(params, workshop):
    plain, changed = workshop.network(), workshop.network()
    workshop.fit(plain, workshop.rows(32))
    workshop.fit(changed, workshop.rows(32), **params)
    assert not equal(plain.model.get_weights(), changed.model.get_weights())


def test_chunks_and_epochs_are_traced_once(workshop, monkeypatch):
    monkeypatch.setattr(trainer_module, "STEPS_PER_CALL", 4)
    _, loop = workshop.fit(workshop.network(), workshop.rows(96), workshop.rows(20), max_epochs=4)
    assert loop.optimizer.step.numpy() == 24
    assert loop._compiled[False].experimental_get_tracing_count() == 1
    assert loop._answers[False, False].experimental_get_tracing_count() == 1


def test_the_size_of_a_chunk_changes_nothing(workshop, monkeypatch):
    weights = []
    for chunk in (100, 4):
        monkeypatch.setattr(trainer_module, "STEPS_PER_CALL", chunk)
        network = workshop.network()
        workshop.fit(network, workshop.rows(96), schedule="cosine")
        weights.append(network.model.get_weights())
    assert equal(*weights)


@pytest.mark.usefixtures("without_compiling")
def test_a_nan_loss_ends_the_fit(workshop):
    rows = workshop.rows(32)
    rows.table.numbers[3] = np.nan
    message = (
        "The loss became nan in epoch 1. Lower learning_rate (it is 0.01), or check the table for extreme numbers."
    )
    with pytest.raises(TrainingError, match=re.escape(message)):
        workshop.fit(workshop.network(), rows)


def test_an_unknown_schedule_is_named(workshop):
    with pytest.raises(UnknownNameError, match=r"No schedule named 'cosin'\. .* Did you mean 'cosine'\?"):
        workshop.fit(workshop.network(), workshop.rows(32), schedule="cosin")


@pytest.mark.parametrize("verbose", [0, 1])
@pytest.mark.usefixtures("without_compiling")
def test_the_bar_is_shown_on_stderr_with_verbose_only(verbose, workshop, capsys):
    workshop.fit(workshop.network(), workshop.rows(32), workshop.rows(20), max_epochs=2, verbose=verbose)
    out, err = capsys.readouterr()
    assert out == ""
    assert ("epoch 2/2" in err and "val_accuracy" in err) if verbose else err == ""


def test_wide_rows_and_large_batches_use_fewer_steps_per_call(workshop):
    narrow, wide = workshop.rows(96), workshop.rows(96, columns=40)
    assert Trainer(batch_size=64, max_epochs=1)._steps_per_call(narrow) == 100
    assert Trainer(batch_size=4096, max_epochs=1)._steps_per_call(wide) == 4_000_000 // (4096 * 41)
    assert Trainer(batch_size=10**9, max_epochs=1)._steps_per_call(wide) == 1


def test_the_kept_weights_are_moving_averages(workshop, monkeypatch):
    seen, average = [], TrainingLoop.average

    def noted(loop, share):
        average(loop, share)
        # Outside of averaged(), the loop stores the weights being trained.
        loop.store()
        seen.append((share, loop.network.model.get_weights()))

    monkeypatch.setattr(TrainingLoop, "average", noted)
    network = workshop.network()
    # Ten steps per epoch, five averages.
    workshop.fit(network, workshop.rows(160), max_epochs=3, learning_rate=0.03, weight_averaging=0.5)
    shares = [share for share, _ in seen]
    assert shares == pytest.approx([1, 2 / 3, 1 / 2, 2 / 5, 1 / 3, *[1 - np.exp(-1 / 2.5)] * 10])
    wanted = [0.0] * len(seen[0][1])
    for share, weights in seen:
        wanted = [(1 - share) * old + share * new for old, new in zip(wanted, weights, strict=True)]
    for kept, each in zip(network.model.get_weights(), wanted, strict=True):
        np.testing.assert_allclose(kept, each, atol=1e-6)
    assert not equal(network.model.get_weights(), seen[-1][1])


@pytest.mark.usefixtures("without_compiling")
def test_averaging_changes_no_step(workshop):
    losses = []
    for weight_averaging in (0.0, 2.0):
        params = {"max_epochs": 3, "weight_averaging": weight_averaging, "weight_decay": 0.1, "shrinkage": 10.0}
        losses.append(workshop.fit(workshop.network(), workshop.rows(80), **params)[0].history["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


@pytest.mark.usefixtures("without_compiling")
def test_large_tables_are_not_averaged(workshop, monkeypatch):
    kept = []
    for most in (60, 59):
        # Two tables of ten rows and three dimensions.
        monkeypatch.setattr(trainer_module, "MOST_AVERAGED", most)
        network = workshop.network()
        _, loop = workshop.fit(network, workshop.rows(48), max_epochs=2, learning_rate=0.03, weight_averaging=1.0)
        kept.append(network.model.get_weights())
        loop.store()
        assert equal(kept[-1], network.model.get_weights()) == (most == 59)
    assert not equal(*kept)


@pytest.mark.usefixtures("without_compiling")
def test_a_second_fit_has_averages_of_its_own(workshop):
    network = workshop.network()
    trainer = Trainer(batch_size=16, max_epochs=1, learning_rate=0.01, weight_averaging=1.0)
    loop = trainer.loop(network, workshop.task, workshop.seeds)
    for _ in range(2):
        trainer.fit(loop, workshop.rows(16), None, workshop.seeds)
        # One step per epoch: the average is that of a single point.
        averages = network.model.get_weights()
        loop.store()
        assert equal(averages, network.model.get_weights())


@pytest.mark.usefixtures("without_compiling")
def test_averages_start_anew_from_loaded_weights(workshop):
    network = workshop.network()
    _, loop = workshop.fit(network, workshop.rows(), max_epochs=2, weight_averaging=1.0)
    network.model.set_weights([np.full_like(each, 3) for each in network.model.get_weights()])
    loop.load()
    loop.average(0.1)
    loop.store_averages()
    assert all((each == 3).all() for each in network.model.get_weights())


@pytest.mark.usefixtures("without_compiling")
def test_groups_stay_whole_in_the_batches_of_a_task_that_compares_their_rows(workshop, monkeypatch):
    rows, groups, seen = workshop.rows(600), np.random.default_rng(0).permutation(np.repeat(np.arange(60), 10)), []
    ranked = replace(rows, targets=np.column_stack([rows.targets, groups]).astype("float32"))
    trainer = Trainer(batch_size=128, max_epochs=2)
    # Portions of a batch would cut groups.
    assert trainer.loop(workshop.network(), workshop.task, workshop.seeds)._chains == 2
    loop = trainer.loop(workshop.network(), Ranking(), workshop.seeds)
    assert loop._chains == 1
    run = loop.run

    def watched(tensors, order, rates):
        assert len(order) == 128 * len(rates)
        seen.extend(tensors["targets"].numpy()[order, 1].reshape(-1, 128))
        return run(tensors, order, rates)

    monkeypatch.setattr(loop, "run", watched)
    record = trainer.fit(loop, ranked, None, workshop.seeds)
    assert len(seen) == 2 * 5
    assert all(np.bincount(batch[batch >= 0].astype(int), minlength=60).tolist().count(10) == 12 for batch in seen)
    assert record.history["loss"][1] < record.history["loss"][0]
