"""The base class of transformers; what it does is tested with its subclasses."""

import pandas as pd

from tabemb import EmbeddingEncoder, EmbeddingPretrainer
from tabemb.estimators.vector_transformer import VectorTransformer

TRIPS = pd.DataFrame({"dest": ["LAX", "SFO", "BOS", "JFK"] * 20, "carrier": ["AS", "AS", "B6", "B6"] * 20})


def test_both_transformers_name_their_columns_alike():
    for each in (EmbeddingEncoder(max_epochs=1, embedding_dim=2), EmbeddingPretrainer(embedding_dim=2)):
        assert isinstance(each, VectorTransformer)
        out = each.set_output(transform="pandas").fit(TRIPS).transform(TRIPS)
        assert out.columns.tolist() == ["dest_emb0", "dest_emb1", "carrier_emb0", "carrier_emb1"]
        assert out.index.equals(TRIPS.index)
