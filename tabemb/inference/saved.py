"""The directory of a saved estimator: its two files, and how they are written and read.

``tabemb.json`` holds the digest of ``weights.safetensors`` and one of itself, so that two files of different saves, and
damage to either, are noticed.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

from tabemb.exceptions import FormatError, OutputError, reading
from tabemb.files import check_digest, check_seal, digest_of_file, read_json, sealed
from tabemb.inference.row_blocks import RowBlocks
from tabemb.vectors.formats.safetensors import save_arrays

__all__ = ["FORMAT", "STATE_FILE", "WEIGHTS_FILE", "read_saved", "write_saved"]

STATE_FILE, WEIGHTS_FILE = "tabemb.json", "weights.safetensors"
FORMAT = 3
# Format 2 has no digests.
_READ = (2, FORMAT)

Arrays = dict[str, dict[str, npt.NDArray[Any]]]


def read_saved(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Read the files of a saved estimator: its state, and its arrays by group and name.

    Parameters
    ----------
    path : Path
        The directory.

    Raises
    ------
    FormatError
        If the directory does not exist, a file is missing or damaged, or it has another format.
    """
    if not path.is_dir():
        raise FormatError(f"There is no saved estimator at {path}: expected a directory.")
    for name in (STATE_FILE, WEIGHTS_FILE):
        if not (path / name).is_file():
            raise FormatError(f"{path} is not a complete saved estimator: {name} is missing. Save it again.")
    state = read_json(path / STATE_FILE)
    found = state.get("format") if isinstance(state, dict) else None
    if found not in _READ or isinstance(found, (bool, float)):
        raise FormatError(f"{path / STATE_FILE} has format {found!r}, but this tabemb reads format {FORMAT}.")
    if found == FORMAT:
        check_seal(state, path / STATE_FILE)
        check_digest(path / WEIGHTS_FILE, state.get("weights"))
    with reading(path / WEIGHTS_FILE, "the weights", message="{place} cannot be read: {reason}."):
        arrays = load_file(path / WEIGHTS_FILE)
    if problem := _not_finite(arrays):
        raise FormatError(f"{path / WEIGHTS_FILE} is damaged: {problem}. Save the estimator again.")
    _unpack(arrays, state.get("packed", {}), path)
    groups: Arrays = defaultdict(dict)
    for name in sorted(arrays):
        group, _, rest = name.partition("/")
        groups[group][rest] = arrays[name]
    return state, groups


def write_saved(
    path: Path, state: Mapping[str, Any], groups: Mapping[str, Mapping[str, npt.NDArray[Any] | RowBlocks]]
) -> None:
    """Write the files of a saved estimator to an empty directory.

    Parameters
    ----------
    path : Path
        The directory.
    state : mapping
        JSON values, without format and digests.
    groups : mapping of str to mapping of str to ndarray or RowBlocks
        Arrays by group and name; of tables in blocks, only the numbers that are used are written.

    Raises
    ------
    OutputError
        If a weight is NaN or infinite; nothing that is read back would be.
    """
    given = {f"{group}/{name}": array for group, named in groups.items() for name, array in named.items()}
    packed = {name: array.layout() for name, array in given.items() if isinstance(array, RowBlocks)}
    arrays = {
        name: array.packed() if isinstance(array, RowBlocks) else np.ascontiguousarray(array)
        for name, array in given.items()
    }
    if problem := _not_finite(arrays):
        raise OutputError(
            f"The estimator cannot be saved: {problem}. Fit it again, with a smaller learning_rate for example."
        )
    save_arrays(arrays, path / WEIGHTS_FILE)
    layouts = {"packed": packed} if packed else {}
    whole = sealed({"format": FORMAT, **state, **layouts, "weights": digest_of_file(path / WEIGHTS_FILE)})
    text = json.dumps(whole, indent=1, ensure_ascii=False)
    # Lone surrogates, which UTF-8 does not have, become the escapes of JSON.
    (path / STATE_FILE).write_bytes(text.encode("utf-8", "backslashreplace"))


def _unpack(arrays: dict[str, npt.NDArray[Any]], layouts: Any, path: Path) -> None:
    """Replace the arrays of tables that are stored in blocks by whole tables."""
    for name, layout in layouts.items() if isinstance(layouts, Mapping) else ():
        if name not in arrays:
            raise FormatError(f"{path / STATE_FILE} is damaged: it has blocks of {name!r}, which has no weights.")
        try:
            arrays[name] = RowBlocks.unpacked(arrays[name], layout).vectors
        except FormatError as error:
            raise FormatError(
                f"{path / WEIGHTS_FILE} is damaged: {error} ({name!r}). Save the estimator again."
            ) from None


def _not_finite(arrays: Mapping[str, npt.NDArray[Any]]) -> str | None:
    """Return which array holds NaN or an infinite number, None if none does."""
    for name, array in arrays.items():
        if array.dtype.kind != "f":
            continue
        # The edges of unused bins of a number are infinite.
        valid = ~np.isnan(array) if name.startswith("table/") else np.isfinite(array)
        if not valid.all():
            return f"{name} holds {array[~valid][0]} in {int((~valid).sum()):,} of {array.size:,} numbers"
    return None
