"""npz: NumPy's own archive; lossless, and its vectors can be mapped into memory.

Arrays, none of them pickled: ``vectors`` (float32), ``keys`` (the bytes of a JSON list), ``counts`` (int64),
``unknown`` and ``missing`` where they are known, and ``tabemb`` (the bytes of a JSON header). ``numpy.load`` opens it.

Nothing is compressed, and ``vectors`` is the first file of the archive, padded so that its numbers begin at a multiple
of 64 bytes: numpy.load has no memory map inside of an archive, so it is made here, at the place where they are.
"""

import json
import struct
import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError
from tabemb.vectors.arrays import mapped_floats
from tabemb.vectors.formats.base import FORMATS, Format
from tabemb.vectors.formats.header import from_named_arrays, header_of, named_arrays, read_header
from tabemb.vectors.keyed_matrix import KeyedMatrix

__all__ = ["Npz"]

_ALIGNMENT = 64
# Of a file in a ZIP archive: the header before its name, the field with its size in 64 bits, and the field of padding
# (the number that Android's zipalign uses, and the alignment).
_LOCAL, _LARGE, _PADDING = struct.Struct("<26xHH"), 20, struct.Struct("<HHH")
_PADDING_FIELD = 0xD935


@FORMATS.register("npz")
class Npz(Format):
    """One array for each thing; lossless.

    Examples
    --------
    >>> Npz.suffixes
    ('.npz',)
    """

    suffixes = (".npz",)
    keeps_counts = True
    keeps_name = True
    notices_cuts = True
    maps = True
    # NotImplementedError, for compressions that Python does not have, is a RuntimeError. NumPy takes an array's
    # description apart as Python's literals.
    damage = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, SyntaxError, TokenError)

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name, array in named_arrays(vectors).items():
                _add(archive, f"{name}.npy", array)
            _add(archive, "tabemb.npy", np.frombuffer(json.dumps(header_of(vectors)).encode("ascii"), dtype=np.uint8))

    def _read(self, path: Path) -> KeyedMatrix:
        with _open(path) as archive:
            return _made(archive, _header(path, archive), _array(archive, "vectors"))

    def _map(self, path: Path) -> KeyedMatrix:
        with _open(path) as archive:
            header = _header(path, archive)
            return _made(archive, header, mapped_floats(path, *_place(path, archive.getinfo("vectors.npy"))))


def _add(archive: zipfile.ZipFile, name: str, array: npt.NDArray[Any]) -> None:
    # The date is always the first that ZIP has, so the same vectors are the same bytes.
    info = zipfile.ZipInfo(name)
    if not archive.namelist():
        begin = _LOCAL.size + len(name) + _LARGE + _PADDING.size
        padding = -begin % _ALIGNMENT
        info.extra = _PADDING.pack(_PADDING_FIELD, 2 + padding, _ALIGNMENT) + bytes(padding)
    with archive.open(info, "w", force_zip64=True) as member:
        np.lib.format.write_array(member, array, allow_pickle=False)


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        said = str(error).rstrip(".")
        raise FormatError(f"{path}: expected an npz file, but it cannot be read as one ({said}).") from error


def _names(archive: zipfile.ZipFile) -> list[str]:
    return [name.removesuffix(".npy") for name in archive.namelist()]


def _header(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    names = _names(archive)
    return read_header(
        path,
        _array(archive, "tabemb").tobytes() if "tabemb" in names else None,
        "an npz file that CategoryVectors.save has written, but it has no 'tabemb' entry. "
        f"It has the arrays {', '.join(names) or '(none)'}.",
    )


def _array(archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    with archive.open(f"{name}.npy") as member:
        array: npt.NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
        # The check sum is looked at when there is nothing left.
        if member.read(1):
            raise ValueError(f"the array {name!r} is longer than it says")
    return array


def _place(path: Path, info: zipfile.ZipInfo) -> tuple[int, tuple[int, int]]:
    """Return the byte at which the numbers of an array in the archive begin, and their shape."""
    if info.compress_type != zipfile.ZIP_STORED:
        raise FormatError(f"{path}: compressed vectors cannot be mapped into memory. Leave out mmap=True.")
    with path.open("rb") as file:
        file.seek(info.header_offset)
        name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        file.seek(name + extra, 1)
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, by_columns, dtype = read(file)
        if len(shape) != 2 or by_columns or dtype != np.dtype("<f4"):
            raise ValueError(f"vectors should be rows of float32, and are {dtype} of shape {shape}")
        return file.tell(), shape


def _made(archive: zipfile.ZipFile, header: dict[str, Any], vectors: npt.NDArray[np.float32]) -> KeyedMatrix:
    return from_named_arrays(header, vectors, _names(archive), lambda name: _array(archive, name))
