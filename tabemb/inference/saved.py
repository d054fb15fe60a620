"""The directory of a saved estimator: its two files, and how they are read."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file

from tabemb.exceptions import FormatError

__all__ = ["FORMAT", "STATE_FILE", "WEIGHTS_FILE", "read_saved"]

STATE_FILE, WEIGHTS_FILE = "tabemb.json", "weights.safetensors"
FORMAT = 2

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
    try:
        state = json.loads((path / STATE_FILE).read_text(encoding="utf-8"))
    except ValueError as error:
        raise FormatError(f"{path / STATE_FILE} is not JSON: {error}.") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        found = state.get("format") if isinstance(state, dict) else None
        raise FormatError(f"{path / STATE_FILE} has format {found!r}, but this tabemb reads format {FORMAT}.")
    try:
        arrays = load_file(path / WEIGHTS_FILE)
    except SafetensorError as error:
        raise FormatError(f"{path / WEIGHTS_FILE} cannot be read: {error}.") from error
    groups: Arrays = defaultdict(dict)
    for name in sorted(arrays):
        group, _, rest = name.partition("/")
        groups[group][rest] = arrays[name]
    return state, groups
