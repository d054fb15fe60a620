"""The progress bar of a fit, in a terminal, in a file and in a notebook."""

import builtins
import re
import sys
import types

import pytest
from rich.progress import TextColumn

from tabemb.training.progress import NotebookProgress, training_progress


@pytest.mark.parametrize("enabled", [False, True])
def test_the_progress_bar_is_shown_on_stderr_only_and_only_if_enabled(enabled, capsys):
    with training_progress(3, 4, enabled=enabled) as advance:
        advance(0, 4, {"loss": 0.5})
        advance(1, 2, {"loss": 0.25, "val_loss": 0.125, "learning_rate": 0.001})
    out, err = capsys.readouterr()
    assert out == ""
    if enabled:
        assert "epoch 2/3" in err
        assert "loss 0.2500  val_loss 0.1250" in err
        assert err.rstrip().endswith("00:00 in all")
        assert "learning_rate" not in err
    else:
        assert err == ""


def interrupted():
    """Fail in the second epoch."""
    with training_progress(3, 4, enabled=True) as advance:
        advance(0, 4, {"loss": 0.5})
        advance(1, 1, {"loss": 0.25})
        raise KeyboardInterrupt


def test_after_an_error_the_bar_stays_where_it_was(capsys):
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("epoch 2/3")
    assert line.endswith("left")


class Output:
    """An output of a notebook's cell; keeps each state as a notebook would save it."""

    def __init__(self, state):
        self.states = []
        self.update(state)

    def update(self, state):
        self.states.append(state._repr_mimebundle_(None, None))


@pytest.fixture
def notebook(monkeypatch):
    """A process that looks like a notebook's, without ipywidgets; returns the outputs of its cell."""
    outputs = []

    def display(state, *, display_id):
        assert display_id is True
        outputs.append(Output(state))
        return outputs[-1]

    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setattr(builtins, "get_ipython", lambda: shell, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    module = types.ModuleType("IPython.display")
    module.display = display
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    return outputs


def plain(state):
    return re.sub(r"\x1b\[[0-9;]*m", "", state["text/plain"]).strip()


def test_in_a_notebook_the_last_state_is_kept_in_one_output(notebook, capsys):
    with training_progress(3, 4, enabled=True) as advance:
        for epoch in range(3):
            advance(epoch, 4, {"loss": 0.5 - epoch / 10, "learning_rate": 0.1})
        advance(2, 0, {"loss": 0.3, "val_loss": 0.125})
    (output,) = notebook
    assert plain(output.states[0]).startswith("epoch 1/3")
    assert re.fullmatch(r"epoch 3/3 ━+ loss 0.3000  val_loss 0.1250 00:00 in all", plain(output.states[-1]))
    assert "epoch 3/3" in output.states[-1]["text/html"]
    assert capsys.readouterr() == ("", "")


def test_in_a_notebook_the_state_at_an_error_is_kept(notebook):
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    (output,) = notebook
    assert plain(output.states[-1]).startswith("epoch 2/3")
    assert "loss 0.2500" in plain(output.states[-1])
    assert "in all" not in plain(output.states[-1])


def test_nothing_is_shown_in_a_notebook_unless_enabled(notebook):
    with training_progress(3, 4, enabled=False) as advance:
        advance(0, 4, {"loss": 0.5})
    assert notebook == []


def test_a_fit_in_a_notebook_shows_its_progress(notebook, flights, late, quick):
    from tabemb import EmbeddingClassifier

    model = EmbeddingClassifier(**quick, target_statistics=False, verbose=1).fit(flights, late)
    assert plain(notebook[0].states[-1]).startswith(f"epoch {model.n_epochs_}/3")
    assert f"loss {model.history_['loss'][-1]:.4f}" in plain(notebook[0].states[-1])


def test_a_notebook_is_updated_five_times_per_second():
    now, outputs = [0.0], []

    def display(state, *, display_id):
        outputs.append(Output(state))
        return outputs[-1]

    columns = TextColumn("{task.completed:.0f}")
    with NotebookProgress(columns, display=display, clock=lambda: now[0]) as bar:
        task = bar.add_task("fit", total=100)
        for step in range(100):
            now[0] = step / 100
            bar.update(task, advance=1)
    (output,) = outputs
    shown = [int(plain(state)) for state in output.states]
    assert shown == sorted(shown)
    assert shown[-1] == 100
    assert len(shown) <= 7
