"""npz: NumPy's archive; lossless, and its vectors can be memory-mapped.

Arrays, without pickle: ``vectors`` (float32), ``keys`` (the bytes of a JSON list), ``counts`` (int64), ``unknown`` and
``missing`` if known, and ``tabemb`` (the bytes of a JSON header). ``numpy.load`` opens the file.

The archive is not compressed. ``vectors`` is its first member, padded so that the numbers begin at a multiple of 64
bytes. ``numpy.load`` cannot map arrays inside an archive, so this module maps them itself.
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
# Parts of a member of a ZIP archive: the header before its name, the field with its 64-bit size, and the field of
# padding (with the number that Android's zipalign uses, and the alignment).
_LOCAL, _LARGE, _PADDING = struct.Struct("<26xHH"), 20, struct.Struct("<HHH")
_PADDING_FIELD = 0xD935


@FORMATS.register("npz")
class Npz(Format):
    """Named arrays; lossless.

    Examples
    --------
    >>> Npz.suffixes
    ('.npz',)
    """

    suffixes = (".npz",)
    keeps_counts = True
    keeps_name = True
    keeps_noise = True
    notices_cuts = True
    maps = True
    # NotImplementedError, for compressions that Python lacks, is a RuntimeError. NumPy parses the description of an
    # array as a Python literal.
    damage = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, SyntaxError, TokenError)

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name, array in named_arrays(vectors).items():
                _add(archive, f"{name}.npy", array)
            _add(archive, "tabemb.npy", np.frombuffer(json.dumps(header_of(vectors)).encode("ascii"), dtype=np.uint8))

    def _read(self, path: Path) -> KeyedMatrix:
        with _open(path) as archive:
            return _from_archive(archive, _header(path, archive), _array(archive, "vectors"))

    def _map(self, path: Path) -> KeyedMatrix:
        with _open(path) as archive:
            header = _header(path, archive)
            return _from_archive(archive, header, mapped_floats(path, *_location(path, archive.getinfo("vectors.npy"))))


def _add(archive: zipfile.ZipFile, name: str, array: npt.NDArray[Any]) -> None:
    # ZipInfo's default date makes the bytes reproducible.
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
        reason = str(error).rstrip(".")
        raise FormatError(f"{path}: expected an npz file, but it cannot be read as one ({reason}).") from error


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
        # Reading to the end verifies the checksum.
        if member.read(1):
            raise ValueError(f"the array {name!r} is longer than stated")
    return array


def _location(path: Path, info: zipfile.ZipInfo) -> tuple[int, tuple[int, int]]:
    """Return the offset of the numbers of an array in the archive, in bytes, and their shape."""
    if info.compress_type != zipfile.ZIP_STORED:
        raise FormatError(f"{path}: compressed vectors cannot be memory-mapped. Leave out mmap=True.")
    with path.open("rb") as file:
        file.seek(info.header_offset)
        name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        file.seek(name + extra, 1)
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, by_columns, dtype = read(file)
        if len(shape) != 2 or by_columns or dtype != np.dtype("<f4"):
            raise ValueError(f"vectors should be float32 by rows, but are {dtype} of shape {shape}")
        return file.tell(), shape


def _from_archive(archive: zipfile.ZipFile, header: dict[str, Any], vectors: npt.NDArray[np.float32]) -> KeyedMatrix:
    return from_named_arrays(header, vectors, _names(archive), lambda name: _array(archive, name))
