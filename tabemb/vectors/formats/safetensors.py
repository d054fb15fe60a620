"""safetensors: lossless, and its vectors can be memory-mapped; PyTorch, JAX and Rust read it too.

Tensors: ``vectors`` (float32), ``keys`` (uint8, the bytes of a JSON list, which is too large for the file's metadata),
``counts`` (int64), ``unknown`` and ``missing`` if known. The metadata has a JSON header under ``tabemb``.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from tabemb.exceptions import FormatError
from tabemb.vectors.arrays import mapped_floats
from tabemb.vectors.formats.base import FORMATS, Format
from tabemb.vectors.formats.header import from_named_arrays, header_of, named_arrays, read_header
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["Safetensors", "save_arrays"]

_META = "tabemb"


@FORMATS.register("safetensors")
class Safetensors(Format):
    """Named tensors; lossless.

    Examples
    --------
    >>> Safetensors.suffixes
    ('.safetensors',)
    """

    suffixes = (".safetensors",)
    keeps_counts = True
    keeps_name = True
    keeps_noise = True
    notices_cuts = True
    maps = True
    notices_changes = True

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
        save_arrays(named_arrays(vectors), path, metadata={_META: json.dumps(header_of(vectors))})

    def _read(self, path: Path) -> KeyedMatrix:
        with _open(path) as file:
            header = _header(path, file)
            return _from_tensors(file, header, file.get_tensor("vectors"))

    def _map(self, path: Path) -> KeyedMatrix:
        with _open(path) as file:
            header = _header(path, file)
            return _from_tensors(file, header, mapped_floats(path, *_location(path)))


def save_arrays(arrays: dict[str, npt.NDArray[Any]], path: Path, *, metadata: dict[str, str] | None = None) -> None:
    """Write named arrays to a file, with the permissions of any new file.

    Raises
    ------
    OSError
        If the file cannot be written, including on a full disk, for which the library has its own error.

    Examples
    --------
    >>> import tempfile
    >>> from safetensors.numpy import load_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_arrays({"numbers": np.arange(3)}, Path(folder, "a.safetensors"))
    ...     load_file(Path(folder, "a.safetensors"))
    {'numbers': array([0, 1, 2])}
    """
    # The library creates files that only their owner may read.
    path.touch()
    mode = path.stat().st_mode
    try:
        save_file(arrays, path, metadata=metadata)
    except SafetensorError as error:
        raise OSError(str(error)) from error
    path.chmod(mode)


def _open(path: Path) -> Any:
    try:
        return safe_open(path, framework="numpy")
    except SafetensorError as error:
        raise FormatError(f"{path}: expected a safetensors file, but it cannot be read as one ({error}).") from error


def _location(path: Path) -> tuple[int, tuple[int, int]]:
    """Return the offset of the vectors in a checked file, in bytes, and their shape."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length))["vectors"]
    if entry["dtype"] != "F32" or len(entry["shape"]) != 2:
        raise ValueError(f"vectors should be float32 by rows, but are {entry['dtype']} of shape {entry['shape']}")
    return 8 + length + entry["data_offsets"][0], tuple(entry["shape"])


def _header(path: Path, file: Any) -> dict[str, Any]:
    return read_header(
        path,
        (file.metadata() or {}).get(_META),
        "a safetensors file that CategoryVectors.save has written, but its metadata has no 'tabemb' entry. "
        f"It has the tensors {', '.join(sorted(file.keys())) or '(none)'}.",
    )


def _from_tensors(file: Any, header: dict[str, Any], vectors: npt.NDArray[np.float32]) -> KeyedMatrix:
    return from_named_arrays(header, vectors, file.keys(), file.get_tensor)
