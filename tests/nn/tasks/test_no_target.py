"""The task without a target."""

import numpy as np
import pytest

from tabemb.nn.tasks import NoTarget, task_from_state, task_to_state


def test_it_has_no_targets_and_no_answer():
    task = NoTarget.from_targets(np.arange(3))
    assert task.encode(np.arange(3)).tolist() == [0, 0, 0]
    assert task_from_state(task_to_state(task)) == task
    with pytest.raises(TypeError, match="must define answer"):
        task.answer  # noqa: B018
