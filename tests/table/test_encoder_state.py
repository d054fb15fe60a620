import json

import numpy as np
import pandas as pd
import pytest

from tabemb.exceptions import FormatError
from tabemb.table.encoder import TableEncoder
from tabemb.table.encoder_state import encoder_from_state, encoder_to_state

TABLE = pd.DataFrame(
    {
        "dest": ["SFO", "LAX", "SFO", None],
        "home": ["LAX", "BOS", "BOS", "LAX"],
        "plane": ["N1", "N2", "N3", "N4"],
        "crew": ["C1", "C2", "C3", "C4"],
        "tags": ["a|b", "a", "b", None],
        "miles": [1.0, 2.0, None, 4.0],
    }
)
MULTIPLEXED = {"name": "multiplexed", "n_buckets": 10}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"multi_valued": {"tags": {"split": "|", "pooling": "sum"}}},
        {"shared": {"airport": ["dest", "home"]}},
        {"vocabulary": {"plane": MULTIPLEXED, "crew": MULTIPLEXED, "dest": "double_hashing"}},
        {"vocabulary": {"plane": MULTIPLEXED, "crew": MULTIPLEXED}, "shared": {"airport": ["dest", "home"]}},
    ],
)
def test_a_state_gives_the_same_encoder(options):
    encoder = TableEncoder(**options).fit(TABLE)
    data, arrays = encoder_to_state(encoder)
    again = encoder_from_state(TableEncoder, json.loads(json.dumps(data)), arrays)
    assert (again.table_of, again.vocabularies, again.schema) == (
        encoder.table_of,
        encoder.vocabularies,
        encoder.schema,
    )
    mine, its = encoder.encode(TABLE), again.encode(TABLE)
    assert np.array_equal(mine.indices, its.indices)
    for position, bags in mine.bags.items():
        assert np.array_equal(bags.values, its.bags[position].values)
    assert len({id(each) for each in again.vocabularies.values()}) == len(
        {id(each) for each in encoder.vocabularies.values()}
    )


@pytest.mark.parametrize("lacking", ["schema", "vocabularies", "numeric", "params"])
def test_an_incomplete_state_is_refused(lacking):
    data, arrays = encoder_to_state(TableEncoder().fit(TABLE))
    with pytest.raises(FormatError, match="state of a table encoder cannot be read"):
        encoder_from_state(TableEncoder, {name: each for name, each in data.items() if name != lacking}, arrays)
