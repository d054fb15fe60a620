"""Kinds of vocabularies other than lists of categories: hashed ones, whose size does not depend on the categories."""

from tabemb.table.vocabularies.choice import (
    VocabularySpec,
    check_spec,
    chosen_kinds,
    kind_of_spec,
    named_columns,
    spec_of_kind,
)
from tabemb.table.vocabularies.double_hashing import DoubleHashing
from tabemb.table.vocabularies.hashed_vocabulary import HashedVocabulary, vocabulary_from_json
from tabemb.table.vocabularies.hashing import Hashing
from tabemb.table.vocabularies.kind import VOCABULARIES, ValueRows, VocabularyKind
from tabemb.table.vocabularies.multiplexed import Multiplexed
from tabemb.table.vocabularies.ngrams import Ngrams
from tabemb.table.vocabularies.quotient_remainder import QuotientRemainder

__all__ = [
    "VOCABULARIES",
    "DoubleHashing",
    "HashedVocabulary",
    "Hashing",
    "Multiplexed",
    "Ngrams",
    "QuotientRemainder",
    "ValueRows",
    "VocabularyKind",
    "VocabularySpec",
    "check_spec",
    "chosen_kinds",
    "kind_of_spec",
    "named_columns",
    "spec_of_kind",
    "vocabulary_from_json",
]
