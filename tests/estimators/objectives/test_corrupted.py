"""The objective of swapped cells."""

import numpy as np
import pandas as pd
import pytest

from tabemb import EmbeddingPretrainer
from tabemb.estimators.objectives.corrupted import CorruptedObjective

rng = np.random.default_rng(0)


def explained(table):
    model = EmbeddingPretrainer(objective=CorruptedObjective(max_epochs=15), random_state=0)
    return max(model.fit(table).history_["val_explained"])


def test_what_is_explained_is_what_the_columns_have_in_common():
    color, other = rng.choice(list("abcdefgh"), 4000), rng.choice(list("abcdefgh"), 4000)
    copies = pd.DataFrame({"color": color, "shade": color, "third": color})
    # Of two columns that differ, either may be the swapped one.
    assert explained(copies) > 0.5
    assert 0.1 < explained(copies.assign(third=other)) < 0.4


def test_the_share_of_changed_cells_leaves_out_equal_values():
    table = pd.DataFrame({"color": np.tile(["a", "b"], 50), "size": np.tile([1.0, 1.0, 2.0, 3.0], 25)})
    model = EmbeddingPretrainer(objective="cooccurrence", random_state=0).fit(table.assign(third=table["color"]))
    encoded = model.encoder_.encode(table.assign(third=table["color"]))
    parts = CorruptedObjective(share=0.4).supervision(model, encoded, 0)
    assert parts.task.shares == pytest.approx([0.4 * 0.5, 0.4 * 0.5, 0.4 * (1 - (0.25 + 2 * 0.0625))])
