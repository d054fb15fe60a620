import pandas as pd
import pytest

from tabemb.exceptions import ColumnError, DataError
from tabemb.table.encoder import TableEncoder
from tabemb.table.new_categories import extended, unknown_keys, unseen, unseen_hashed

OLD = pd.DataFrame({"dest": ["SFO", "LAX", "SFO"], "tags": ["a|b", "a", "b"], "home": ["LAX", "LAX", "BOS"]})
NEW = pd.DataFrame({"dest": ["SFO", "JFK", "JFK"], "tags": ["a|c", "c", "d|d|d"], "home": ["LAX", "ORD", "ORD"]})


def fitted(**options):
    return TableEncoder(multi_valued={"tags": "|"}, **options).fit(OLD)


def test_new_categories_follow_the_known_ones_by_frequency():
    encoder = extended(fitted(), NEW)
    assert encoder.vocabularies["dest"].keys == ("SFO", "LAX", "JFK")
    assert encoder.vocabularies["tags"].keys == ("a", "b", "d", "c")
    assert extended(encoder, NEW) is encoder
    assert extended(fitted(), NEW, ["dest"]).vocabularies["tags"].keys == ("a", "b")


def test_columns_that_share_a_table_grow_together():
    encoder = extended(fitted(shared={"airport": ["dest", "home"]}), NEW)
    assert encoder.vocabularies["dest"] is encoder.vocabularies["home"]
    assert set(encoder.vocabularies["dest"].keys) == {"SFO", "LAX", "BOS", "JFK", "ORD"}
    assert encoder.counts_of("home").shape == (encoder.vocabularies["home"].size,)


def test_columns_of_hashes_do_not_grow():
    encoder = fitted(vocabulary={"dest": "hashing"})
    grown = extended(encoder, NEW)
    assert grown.vocabularies["dest"] is encoder.vocabularies["dest"]
    assert grown.vocabularies["home"].keys == ("LAX", "BOS", "ORD")
    told = "The column 'dest' has the vocabulary 'hashing', which finds vectors by hashes: new categories have"
    for strict in (True, False):
        with pytest.raises(ColumnError, match=told):
            extended(encoder, NEW, ["home", "dest"], strict=strict)
    assert set(unseen(encoder, NEW)) == {"tags", "home"}


def test_columns_that_share_hashed_vectors_are_refused_by_the_name_of_their_table():
    encoder = fitted(vocabulary={"dest": "multiplexed", "home": "multiplexed"})
    with pytest.raises(ColumnError, match="The column 'dest' has the vocabulary 'multiplexed'"):
        extended(encoder, NEW, [encoder.table_of["dest"]])


def test_hashed_cells_are_new_if_the_fit_had_no_cell_in_their_rows():
    encoder = fitted(vocabulary={"dest": "hashing", "tags": "double_hashing", "home": "ngrams"})
    found = unseen_hashed(encoder, NEW.assign(home=["LAX", None, "ORD"]))
    new = {
        name: {key for key, is_new in zip(coded.keys, mask, strict=True) if is_new}
        for name, (coded, mask, _) in found.items()
    }
    assert new == {"dest": {"JFK"}, "tags": {"c", "d"}, "home": {"ORD"}}
    assert not any(unknown.any() for _, _, unknown in found.values())
    assert [len(coded.codes) for coded, _, _ in found.values()] == [3, 6, 3]
    assert unseen_hashed(fitted(), NEW) == {}


def test_unseen_cells_are_told_by_value():
    indices, unknown = unseen(fitted(), NEW)["tags"]
    assert sorted(indices.tolist()) == [1] * 5 + [2]
    assert {unknown.keys[code] for code in unknown.codes} == {"c", "d"}
    encoder = fitted()
    assert unknown_keys(encoder, NEW, encoder.encode(NEW))["tags"] == (3, ["c", "d"])


def test_wrong_columns_and_types_are_refused():
    with pytest.raises(ColumnError, match=r"There is no categorical column 'dst' to extend.*Did you mean 'dest'"):
        extended(fitted(), NEW, ["dst"])
    numbers = NEW.assign(dest=[1, 2, 3])
    with pytest.raises(DataError, match="Column 'dest': New categories are number"):
        extended(fitted(), numbers, ["dest"])
    assert extended(fitted(), numbers, ["dest"], strict=False).vocabularies["dest"].keys == ("SFO", "LAX")
