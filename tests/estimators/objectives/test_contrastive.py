"""The objective of views of rows."""

import numpy as np
import pandas as pd

from tabemb import EmbeddingPretrainer
from tabemb.estimators.objectives.contrastive import ContrastiveObjective

rng = np.random.default_rng(0)
TABLE = pd.DataFrame({"color": rng.choice(list("abcdefgh"), 2000)})
TABLE["shade"] = TABLE["color"]


def explained(**params):
    objective = ContrastiveObjective(max_epochs=4, **params)
    return max(EmbeddingPretrainer(objective=objective, random_state=0).fit(TABLE).history_["val_explained"])


def test_views_with_fewer_swapped_cells_are_found_more_easily():
    assert explained(share=0.2, temperature=0.2) > explained(share=0.8, temperature=0.2) + 0.05


def test_with_a_temperature_of_1_less_can_be_explained():
    assert explained(share=0.2, temperature=0.2) > explained(share=0.2) > 0.05


def test_encoder_and_projection():
    model = EmbeddingPretrainer(random_state=0).fit(TABLE)
    parts = ContrastiveObjective(hidden_units=(32, 16), projection_dim=5).supervision(
        model, model.encoder_.encode(TABLE), 0
    )
    assert (parts.spec.body.hidden_units, parts.spec.n_outputs, parts.source.n_views) == ((32, 16, 16), 5, 2)
