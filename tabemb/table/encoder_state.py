"""The state of a fitted table encoder, as JSON values and arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError
from tabemb.table.numeric import NumericScaler
from tabemb.table.schema import Schema
from tabemb.table.similar_words import SimilarWords
from tabemb.table.target_statistics import TargetStatistics
from tabemb.table.vocabularies import HashedVocabulary, spec_of_kind, vocabulary_from_json

__all__ = ["encoder_from_state", "encoder_to_state"]


def encoder_to_state(encoder: Any) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Return the fitted state and the parameters as JSON values and arrays.

    ``categorical`` is written as the list of column names it resolved to.
    """
    numeric, arrays = encoder._numeric.to_state()
    data = {
        "params": {
            "categorical": [column.source for column in encoder.schema.categorical if column.part is None],
            "integers": encoder.integers,
            "min_frequency": encoder.min_frequency,
            "max_categories": encoder.max_categories,
            "scaling": encoder.scaling,
            "drop_constant": encoder.drop_constant,
            "min_similarity": encoder.min_similarity,
            "refuse_unknown": encoder.refuse_unknown,
            "multi_valued": encoder.splits(),
            "shared": None if encoder.shared is None else {name: list(each) for name, each in encoder.shared.items()},
            "vocabulary": {name: spec_of_kind(each.kind) for name, each in encoder.hashed.items()} or None,
        },
        "schema": encoder.schema.to_json(),
        "tables": encoder.table_of,
        "vocabularies": {
            name: each.to_json()
            for name, each in (encoder.tables | encoder.hashed).items()
            # Columns that share a table of hashed vectors have a vocabulary each.
            if name in encoder.hashed or not isinstance(each, HashedVocabulary)
        },
        "counts": {name: counts.tolist() for name, counts in encoder._counts.items()},
        "numeric": numeric,
    }
    if encoder.statistics is not None:
        data["statistics"], own = encoder.statistics.to_state()
        arrays = arrays | {f"statistics/{name}": array for name, array in own.items()}
    if encoder.words:
        states = {name: each.to_state() for name, each in encoder.words.items()}
        data["words"] = {name: state for name, (state, _) in states.items()}
        arrays = arrays | {f"words/{place}": rows for place, (_, rows) in enumerate(states.values())}
    return data, arrays


def encoder_from_state(cls: type, data: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Any:
    """Return the encoder, of a class, from the output of :func:`encoder_to_state`.

    Raises
    ------
    FormatError
        If an entry is missing or invalid.
    """
    try:
        encoder = cls(**data["params"])
        encoder.schema = Schema.from_json(data["schema"])
        # Earlier versions had no tables of several columns.
        saved = data.get("tables") or {column.name: column.name for column in encoder.schema.categorical}
        encoder.table_of = {column.name: saved[column.name] for column in encoder.schema.categorical}
        hashed = {name for name, each in data["vocabularies"].items() if "kind" in each}
        names = {column: column if column in hashed else table for column, table in encoder.table_of.items()}
        read = {name: vocabulary_from_json(data["vocabularies"][name]) for name in dict.fromkeys(names.values())}
        encoder.vocabularies = {column: read[name] for column, name in names.items()}
        encoder._counts = {column: np.array(its, np.int64) for column, its in data.get("counts", {}).items()}
        if any(its.shape != (encoder.vocabularies[column].size,) for column, its in encoder._counts.items()):
            raise FormatError("The saved state of a table encoder has another number of counts than of categories.")
        encoder._numeric = NumericScaler.from_state(data["numeric"], arrays)
        if "statistics" in data:
            own = {name.removeprefix("statistics/"): array for name, array in arrays.items()}
            encoder.statistics = TargetStatistics.from_state(data["statistics"], own)
        for place, (name, words) in enumerate(data.get("words", {}).items()):
            keys = encoder.tables[name].keys
            encoder.words[name] = SimilarWords.from_state(words, arrays[f"words/{place}"], keys)
    except FormatError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise FormatError(f"The saved state of a table encoder cannot be read: {error}.") from error
    return encoder
