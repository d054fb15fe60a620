"""Keras callbacks in the training loop."""

import re

import keras
import numpy as np
import pytest
from sklearn.metrics import log_loss

from tabemb.training import trainer as trainer_module
from tabemb.training.callbacks import CallbackHooks

# NumPy 2 warns about how Keras reads its variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


class Diary(keras.callbacks.Callback):
    """Records every hook."""

    def __init__(self):
        super().__init__()
        self.entries = []

    def write(self, hook, place, logs):
        self.entries.append((hook, place, dict(logs or {})))

    def on_train_begin(self, logs=None):
        self.write("train_begin", None, logs)
        self.seen = self.model

    def on_train_end(self, logs=None):
        self.write("train_end", None, logs)

    def on_epoch_begin(self, epoch, logs=None):
        self.write("epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.write("epoch_end", epoch, logs)

    def on_train_batch_begin(self, batch, logs=None):
        self.write("batch_begin", batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        self.write("batch_end", batch, logs)


@pytest.fixture
def three_steps_a_chunk(monkeypatch):
    monkeypatch.setattr(trainer_module, "STEPS_PER_CALL", 3)


def test_epoch_hooks_are_exact_and_batch_hooks_come_by_chunk(workshop, three_steps_a_chunk):
    diary, network = Diary(), workshop.network()
    record, _ = workshop.fit(
        network, workshop.rows(80), workshop.rows(20, seed=1), max_epochs=2, callbacks=[diary], n_iter_no_change=5
    )
    epoch = ["epoch_begin", "batch_begin", "batch_end", "batch_begin", "batch_end", "epoch_end"]
    assert [hook for hook, _, _ in diary.entries] == ["train_begin", *epoch, *epoch, "train_end"]
    assert [place for hook, place, _ in diary.entries if hook == "batch_begin"] == [0, 3, 0, 3]
    assert [place for hook, place, _ in diary.entries if hook == "batch_end"] == [2, 4, 2, 4]
    ends = [(place, logs) for hook, place, logs in diary.entries if hook == "epoch_end"]
    assert ends == [(e, {name: values[e] for name, values in record.history.items()}) for e in range(2)]
    assert set(ends[0][1]) == {"loss", "learning_rate", "val_loss", "val_accuracy"}
    assert diary.entries[-1][2] == ends[-1][1]
    assert diary.seen is network.model
    assert diary.params == {"epochs": 2, "steps": 5, "verbose": 0}
    chunks = [logs["loss"] for hook, _, logs in diary.entries if hook == "batch_end"][:2]
    assert chunks[0] * 0.6 + chunks[1] * 0.4 == pytest.approx(ends[0][1]["loss"], rel=1e-6)


def test_after_the_fit_no_callback_holds_the_model(workshop):
    diary = Diary()
    workshop.fit(workshop.network(), workshop.rows(32), max_epochs=1, callbacks=[diary])
    assert diary.model is None


def test_after_a_fit_that_failed_no_callback_holds_the_model(workshop):
    class Failing(Diary):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("no disk")

    callback = Failing()
    with pytest.raises(RuntimeError, match="no disk"):
        workshop.fit(workshop.network(), workshop.rows(32), callbacks=[callback])
    assert callback.model is None


def test_learning_rate_scheduler_takes_effect(workshop):
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.1 / 2**epoch)
    record, _ = workshop.fit(workshop.network(), workshop.rows(32), callbacks=[scheduler])
    assert record.history["learning_rate"] == pytest.approx([0.1, 0.05, 0.025])
    still, moved = workshop.network(), workshop.network()
    workshop.fit(
        still, workshop.rows(32), max_epochs=1, callbacks=[keras.callbacks.LearningRateScheduler(lambda e: 0.0)]
    )
    assert all(np.array_equal(a, b) for a, b in zip(still.model.get_weights(), moved.model.get_weights(), strict=True))


def test_a_callbacks_learning_rate_is_the_one_before_the_schedule(workshop):
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1)
    record, _ = workshop.fit(
        workshop.network(), workshop.rows(32), max_epochs=4, batch_size=32, schedule="linear", callbacks=[scheduler]
    )
    assert record.history["learning_rate"] == pytest.approx([0.1, 0.075, 0.05, 0.025])


def test_reduce_on_plateau_takes_effect(workshop):
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.1, patience=1, min_delta=1e9)
    record, _ = workshop.fit(workshop.network(), workshop.rows(32), max_epochs=4, callbacks=[plateau])
    # The first epoch is the best.
    assert record.history["learning_rate"] == pytest.approx([0.01, 0.01, 0.001, 0.0001])


def test_kerass_early_stopping_stops_and_restores(workshop):
    weights = []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(network.model.get_weights()))
    stop = keras.callbacks.EarlyStopping(
        monitor="loss", patience=2, min_delta=1e9, restore_best_weights=True, start_from_epoch=0
    )
    network = workshop.network()
    record, _ = workshop.fit(network, workshop.rows(32), max_epochs=9, callbacks=[note, stop])
    assert record.n_epochs == 3
    assert all(np.array_equal(a, b) for a, b in zip(network.model.get_weights(), weights[0], strict=True))


def test_a_callback_may_stop_within_an_epoch(workshop, three_steps_a_chunk):
    class Stop(Diary):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            self.model.stop_training = True

    stop = Stop()
    record, loop = workshop.fit(workshop.network(), workshop.rows(80), callbacks=[stop])
    assert record.n_epochs == 1
    assert loop.optimizer.step.numpy() == 3
    assert record.history["loss"] == [stop.entries[3][2]["loss"]]


def test_a_callback_sees_current_weights_and_can_set_them(workshop, three_steps_a_chunk):
    class Zero(Diary):
        def on_train_batch_end(self, batch, logs=None):
            self.write("batch_end", batch, {"table": network.vectors(network.spec.features[0])})

        def on_epoch_end(self, epoch, logs=None):
            self.model.set_weights([np.zeros_like(each) for each in self.model.get_weights()])

    zero, network = Zero(), workshop.network()
    before = network.vectors(network.spec.features[0])
    record, _ = workshop.fit(network, workshop.rows(80), max_epochs=2, learning_rate=1e-6, callbacks=[zero])
    tables = [logs["table"] for hook, _, logs in zero.entries if hook == "batch_end"]
    assert len(tables) == 4
    assert not any(np.array_equal(a, b) for a, b in zip([before, *tables], tables, strict=False))
    assert np.abs(tables[0] - before).max() < 1e-4
    assert np.abs(tables[2]).max() < 1e-4
    assert record.history["loss"][1] == pytest.approx(np.log(2), abs=1e-4)


def test_a_callback_sees_the_averages_that_are_validated_and_training_goes_on_from_the_last_weights(workshop):
    class Seen(keras.callbacks.Callback):
        def __init__(self, network):
            super().__init__()
            self.network, self.losses = network, []

        def on_epoch_end(self, epoch, logs=None):
            probabilities = workshop.task.activate(self.network.logits(held.table))
            self.losses.append(log_loss(held.targets, probabilities))

    train, held = workshop.rows(96), workshop.rows(40, seed=1)
    params = {"max_epochs": 4, "n_iter_no_change": 9, "learning_rate": 0.03, "weight_averaging": 1.0}
    seen, alone = Seen(workshop.network()), workshop.network()
    record, _ = workshop.fit(seen.network, train, held, callbacks=[seen], **params)
    assert seen.losses == pytest.approx(record.history["val_loss"], rel=1e-5)
    without, _ = workshop.fit(alone, train, held, **params)
    assert record.history["loss"] == pytest.approx(without.history["loss"], rel=1e-5)
    assert record.history["val_loss"] == pytest.approx(without.history["val_loss"], rel=1e-5)
    for one, other in zip(seen.network.model.get_weights(), alone.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_unused_hooks_copy_no_weights_and_only_changed_weights_are_copied_back(factor, workshop):
    calls, model = [], workshop.network().model

    def hook(epoch, logs):
        calls.append("hook")
        model.set_weights([factor * each for each in model.get_weights()])

    hooks = CallbackHooks(
        [keras.callbacks.LambdaCallback(on_epoch_end=hook)],
        model,
        0.1,
        {},
        store=lambda: calls.append("store"),
        load=lambda: calls.append("load"),
    )
    hooks("on_train_batch_end", 0, {})
    assert calls == []
    hooks("on_epoch_end", 0, {})
    assert calls == ["store", "hook", *(["load"] if factor != 1 else [])]


def test_model_checkpoint_writes(workshop, tmp_path):
    path = str(tmp_path / "{epoch}.keras")
    network, rows = workshop.network(), workshop.rows(32)
    workshop.fit(network, rows, max_epochs=2, callbacks=[keras.callbacks.ModelCheckpoint(path)])
    assert sorted(each.name for each in tmp_path.iterdir()) == ["1.keras", "2.keras"]
    last = keras.saving.load_model(tmp_path / "2.keras")
    inputs = {"indices": rows.table.indices, "numbers": rows.table.numbers}
    np.testing.assert_allclose(last(inputs).numpy(), network.logits(rows.table), atol=1e-6)


@pytest.mark.parametrize("bad", [keras.callbacks.EarlyStopping, print, "early"])
def test_other_objects_than_callbacks_are_refused(bad, workshop):
    message = f"callbacks must be keras.callbacks.Callback objects, got {bad!r}."
    with pytest.raises(TypeError, match=re.escape(message)):
        CallbackHooks([bad], workshop.network().model, 0.1, {}, store=print, load=print)


def test_without_callbacks_the_model_is_left_as_it_is(workshop):
    model = workshop.network().model
    hooks = CallbackHooks(None, model, 0.1, {}, store=pytest.fail, load=pytest.fail)
    hooks("on_train_begin")
    assert hooks.learning_rate == 0.1
    assert hooks.stop is False
    assert not hooks
    assert not model.compiled
