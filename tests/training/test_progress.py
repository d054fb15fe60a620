"""The progress bar."""

import pytest

from tabemb.training.progress import training_progress


@pytest.mark.parametrize("enabled", [False, True])
def test_it_is_shown_on_stderr_only_and_only_when_enabled(enabled, capsys):
    with training_progress(3, 4, enabled=enabled) as advance:
        advance(0, 4, {"loss": 0.5})
        advance(1, 2, {"loss": 0.25, "val_loss": 0.125, "learning_rate": 0.001})
    out, err = capsys.readouterr()
    assert out == ""
    if enabled:
        assert "epoch 2/3" in err
        assert "loss 0.2500  val_loss 0.1250" in err
        assert "left" in err
        assert "learning_rate" not in err
    else:
        assert err == ""
