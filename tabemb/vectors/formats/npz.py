"""npz: NumPy's archive; lossless, and its vectors can be memory-mapped.

Arrays, without pickle: ``vectors`` (float32), ``keys`` (the bytes of a JSON list), ``counts`` (int64), ``unknown`` and
``missing`` if known, and ``tabemb`` (the bytes of a JSON header). ``numpy.load`` opens the file.

The archive is not compressed. ``vectors`` is its first member, padded so that the numbers begin at a multiple of 64
bytes. ``numpy.load`` cannot map arrays inside an archive, so this module maps them itself.
"""

import json
import math
import struct
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from tabemb.exceptions import FormatError
from tabemb.vectors.arrays import mapped_floats
from tabemb.vectors.formats.base import FORMATS, Format
from tabemb.vectors.formats.header import from_named_arrays, header_of, named_arrays, read_header
from tabemb.vectors.formats.limits import check_content
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
    notices_changes = True

    def _write(self, vectors: KeyedMatrix, path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name, array in named_arrays(vectors).items():
                _add(archive, f"{name}.npy", array)
            _add(archive, "tabemb.npy", np.frombuffer(json.dumps(header_of(vectors)).encode("ascii"), dtype=np.uint8))

    def _read(self, path: Path) -> KeyedMatrix:
        with _open(path) as archive:
            check_content(path, sum(info.file_size for info in archive.infolist()))
            return _from_archive(archive, _header(path, archive), _array(archive, "vectors"))

    def _map(self, path: Path) -> KeyedMatrix:
        with _open(path) as archive:
            check_content(path, sum(info.file_size for info in archive.infolist() if info.filename != "vectors.npy"))
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
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as member:
        shape, by_columns, dtype = _array_header(member)
        size = math.prod(shape) * dtype.itemsize
        if dtype.hasobject:
            raise ValueError("Object arrays cannot be loaded when allow_pickle=False")
        if min(shape, default=0) < 0 or not dtype.itemsize or size != info.file_size - member.tell():
            raise ValueError(f"the array {name!r} should have {shape} numbers of type {dtype}, as it states")
        # Reading to the end verifies the checksum.
        raw = member.read(size)
        if len(raw) != size or member.read(1):
            raise ValueError(f"the array {name!r} is not as long as stated")
    return np.frombuffer(raw, dtype).reshape(shape, order="F" if by_columns else "C")


def _array_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return the shape of an array, whether it is stored by columns, and its type; the file is left at its numbers."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_columns, dtype = read(file)
    return shape, by_columns, dtype


def _location(path: Path, info: zipfile.ZipInfo) -> tuple[int, tuple[int, int]]:
    """Return the offset of the numbers of an array in the archive, in bytes, and their shape."""
    if info.compress_type != zipfile.ZIP_STORED:
        raise FormatError(f"{path}: compressed vectors cannot be memory-mapped. Leave out mmap=True.")
    with path.open("rb") as file:
        file.seek(info.header_offset)
        name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        file.seek(name + extra, 1)
        shape, by_columns, dtype = _array_header(file)
        if len(shape) != 2 or by_columns or dtype != np.dtype("<f4"):
            raise ValueError(f"vectors should be float32 by rows, but are {dtype} of shape {shape}")
        return file.tell(), (shape[0], shape[1])


def _from_archive(archive: zipfile.ZipFile, header: dict[str, Any], vectors: npt.NDArray[np.float32]) -> KeyedMatrix:
    return from_named_arrays(header, vectors, _names(archive), lambda name: _array(archive, name))
