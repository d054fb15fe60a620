"""What every registered format must keep."""

import datetime as dt
import os
import re
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings

from tabemb.exceptions import DataError, FormatError, OutputError, UnknownNameError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats import FORMATS, FolderFormat, find_format
from tabemb.vectors.sampling_noise import SamplingNoise

AWKWARD = [
    "New York",
    " leading and trailing ",
    "tab\there",
    "\ttab first",
    "line\nbreak",
    "carriage\rreturn\r\n",
    "\rfirst",
    "",
    " ",
    "%",
    "%20",
    "100%",
    "%empty",
    "7%json",
    "<unknown>",
    "<missing>",
    "%3Cunknown>",
    "naïve café",
    "東京",
    "👩‍👩‍👧",
    "no\xa0break, wide\u3000blank, line\u2028separator, \x85, \u200bzero width",
    "\ufeffmark",
    "\ufeff",
    "nul\x00",
    "lone \ud800 surrogate",
    "e\u0301",
    "é",
    "5 3",
    '"quoted"',
    '"',
    "'apostrophe",
    "back\\slash",
    "\\t",
    "a,b;c",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "None",
    "nan",
    "NaN",
    "NULL",
    "null",
    "NA",
    "True",
    "key",
    "a" * 200_000,
]
TYPED = [
    "1",
    1,
    True,
    "True",
    2.5,
    "2.5",
    -0.5,
    -7,
    -(2**70),
    2**63,
    2**53 + 1,
    b"\xff\x00",
    "true",
    "1%json",
    '{"int": "1"}',
    "None",
    "nan",
    dt.date(2013, 1, 31),
    "2013-01-31",
    dt.datetime(2013, 1, 31),
    dt.datetime(2013, 1, 31, 5, tzinfo=ZoneInfo("America/New_York")),
    dt.datetime(2013, 1, 31, 5, tzinfo=dt.UTC),
    pd.Timestamp(5),
    pd.Timestamp(7, tz="Europe/Paris"),
    dt.time(5, 7),
    dt.timedelta(-1, 2),
    pd.Timedelta(5),
    pd.Interval(0, 1.5),
    pd.Period("2020-01", "M"),
]
SAME_TYPE = [
    [True, False],
    [1, 2, -(2**40)],
    [2**70, 1],
    [0.1, -2.5],
    [dt.date(1, 1, 1), dt.date(2013, 1, 31)],
    [pd.Timestamp(5), pd.Timestamp(7)],
    [b"", b"a"],
]
scalars = st.one_of(
    st.text(),
    st.text(alphabet=" \t\n\r%<>unkowmisgjsepty0123456789ABCDEF=+-@'\"\\,"),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.binary(max_size=8),
    st.dates(),
    st.datetimes(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.uuids(),
)
numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
FILES = sorted(name for name in FORMATS if not issubclass(FORMATS[name], FolderFormat))
MAPPED = sorted(name for name in FORMATS if FORMATS[name].maps)


def typed(key):
    return type(key), key


@st.composite
def columns(draw):
    keys = draw(
        st.one_of(
            st.lists(scalars, max_size=8, unique_by=lambda key: str(key)),
            st.lists(st.integers(), max_size=8, unique=True),
            st.lists(st.text(), max_size=8, unique=True),
        )
    )
    dim = draw(st.integers(1, 4))
    row = st.lists(numbers, min_size=dim, max_size=dim)
    counts = st.lists(st.integers(0, 2**62), min_size=len(keys), max_size=len(keys))
    return CategoryVectors(
        keys,
        np.array(draw(st.lists(row, min_size=len(keys), max_size=len(keys)))).reshape(len(keys), dim),
        draw(st.none() | counts),
        name="column",
        unknown=draw(st.none() | row),
        missing=draw(st.none() | row),
    )


def without_counts(vectors):
    return CategoryVectors(
        vectors.index_to_key, vectors.vectors, name=vectors.name, unknown=vectors.unknown, missing=vectors.missing
    )


def assert_same(loaded, saved, name):
    """Compare what came back, less the counts where the format has no place for them."""
    if not FORMATS[name].keeps_counts:
        assert loaded.counts is None
        saved = without_counts(saved)
    assert loaded == saved
    assert loaded.vectors.tobytes() == saved.vectors.tobytes()
    assert [typed(key) for key in loaded.index_to_key] == [typed(key) for key in saved.index_to_key]
    assert list(map(str, loaded.index_to_key)) == list(map(str, saved.index_to_key))


@pytest.fixture(params=sorted(FORMATS))
def name(request):
    return request.param


@pytest.fixture(params=FILES)
def file_format(request):
    return request.param


def round_trip(saved, folder, name, **options):
    saved.save(folder / f"{saved.name}.x", format=name)
    return CategoryVectors.load(folder / f"{saved.name}.x", format=name, **options)


def test_awkward_text_survives(name, tmp_path):
    rng = np.random.default_rng(0)
    saved = CategoryVectors(
        AWKWARD, rng.normal(size=(len(AWKWARD), 3)), name="c", unknown=[1, 2, 3], missing=[0, 0, 1e-40]
    )
    assert_same(round_trip(saved, tmp_path, name), saved, name)


@pytest.mark.parametrize("key", AWKWARD, ids=range(len(AWKWARD)))
def test_each_awkward_text_survives_alone(name, key, tmp_path):
    saved = CategoryVectors([key], [[1, 2]], name="c")
    assert_same(round_trip(saved, tmp_path, name), saved, name)


def test_keys_of_mixed_types_survive(name, tmp_path):
    saved = CategoryVectors(TYPED, np.arange(len(TYPED))[:, None] / 7, name="c", missing=[3])
    assert_same(round_trip(saved, tmp_path, name), saved, name)


@pytest.mark.parametrize("keys", SAME_TYPE, ids=lambda keys: type(keys[0]).__name__)
def test_keys_of_one_type_survive(name, keys, tmp_path):
    saved = CategoryVectors(keys, np.arange(len(keys))[:, None] / 7, range(len(keys)), name="c")
    assert_same(round_trip(saved, tmp_path, name), saved, name)


@settings(max_examples=60, deadline=None)
@given(saved=columns())
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_any_column_survives(name, saved, tmp_path_factory):
    # Without a first line, no vector at all cannot be told from a file that was cut.
    assume(name != "glove" or len(saved) or saved.unknown is not None or saved.missing is not None)
    folder = tmp_path_factory.getbasetemp() / f"any-{name}"
    folder.mkdir(exist_ok=True)
    assert_same(round_trip(saved, folder, name), saved, name)
    if FORMATS[name].maps:
        assert_same(CategoryVectors.load(folder / "column.x", format=name, mmap=True), saved, name)


@pytest.mark.parametrize("counts", [None, [9, 0, 2**40]])
@pytest.mark.parametrize("column", ["", "dest", "two words/\t\ud800=é"])
def test_counts_and_name_are_restored_as_declared(name, counts, column, tmp_path):
    saved = CategoryVectors(["a", "b", "c"], np.eye(3), counts, name=column, unknown=[1, 2, 3])
    saved.save(tmp_path / "file.x", format=name)
    loaded = CategoryVectors.load(tmp_path / "file.x", format=name)
    assert loaded.name == (column if FORMATS[name].keeps_name else "file")
    kept = None if counts is None or not FORMATS[name].keeps_counts else counts
    assert (None if loaded.counts is None else loaded.counts.tolist()) == kept


@pytest.mark.parametrize("counts", [None, [9, 0, 2**40]])
def test_the_noise_is_restored_as_declared(name, counts, tmp_path):
    covariance = np.random.default_rng(0).normal(size=(3, 3)).astype(np.float32)
    noise = SamplingNoise(np.float64(covariance @ covariance.T), rows=1 / 3, exponent=-0.7, n_refits=5)
    saved = CategoryVectors(["a", "b", "c"], np.eye(3), counts, name="c", unknown=[1, 2, 3], noise=noise)
    loaded = round_trip(saved, tmp_path, name)
    assert_same(loaded.with_noise(None), saved.with_noise(None), name)
    if not FORMATS[name].keeps_noise:
        assert loaded.noise is None
        return
    assert loaded.noise == noise
    assert loaded.noise.covariance.tobytes() == noise.covariance.tobytes()
    assert (loaded.noise.rows, loaded.noise.exponent, loaded.noise.n_refits) == (1 / 3, -0.7, 5)
    if FORMATS[name].maps:
        assert CategoryVectors.load(tmp_path / "c.x", format=name, mmap=True).noise == noise
    (place, *_) = FORMATS[name]().write_all({"c": saved, "d": saved.with_noise(None)}, tmp_path / "all")
    if place != tmp_path / "all":
        assert CategoryVectors.load(place, format=name).noise == noise


def test_only_some_formats_keep_the_noise():
    assert {name for name in FORMATS if FORMATS[name].keeps_noise} == {
        "jsonl",
        "npz",
        "parquet",
        "projector",
        "safetensors",
    }


DAMAGED_NOISE = [
    {"covariance": [[1.0, 0.0]]},
    {"covariance": np.eye(3).tolist()},
    {"covariance": [[1.0]]},
    {"covariance": [["a", "b"], ["c", "d"]]},
    {"covariance": [[float("nan"), 0.0], [0.0, 1.0]]},
    {"covariance": [[-1.0, 0.0], [0.0, 1.0]]},
    {"rows": "many"},
    {"rows": -5.0},
    {"rows": float("nan")},
    {"exponent": None},
    {"n_refits": "five"},
]


@pytest.mark.parametrize("changes", [*DAMAGED_NOISE, None, "text", []], ids=range(len(DAMAGED_NOISE) + 3))
@pytest.mark.parametrize("name", sorted(name for name in FORMATS if FORMATS[name].keeps_noise))
def test_a_damaged_noise_is_a_format_error(name, changes, tmp_path, monkeypatch):
    noise = SamplingNoise(np.eye(2), rows=9.0, exponent=-1.0, n_refits=5)
    written = noise.to_json() | changes if isinstance(changes, dict) else changes
    monkeypatch.setattr(SamplingNoise, "to_json", lambda self: written)
    saved = CategoryVectors(["a", "b"], np.eye(2), [9, 5], name="c", noise=noise)
    saved.save(tmp_path / "c.x", format=name)
    monkeypatch.undo()
    for mmap in (False, True)[: 1 + FORMATS[name].maps]:
        with pytest.raises(FormatError, match=r"c\.x: expected vectors as tabemb writes them, .* damaged: .*[nN]oise"):
            CategoryVectors.load(tmp_path / "c.x", format=name, mmap=mmap)


def test_selected_categories_keep_the_noise(tmp_path):
    noise = SamplingNoise(np.eye(2), rows=9.0, exponent=-1.0, n_refits=5)
    saved = CategoryVectors(["a", "b"], np.eye(2), [9, 5], name="c", noise=noise)
    saved.save(tmp_path / "c.parquet")
    assert find_format("c.parquet").select(tmp_path / "c.parquet", {"b"}.__contains__).noise == noise


@pytest.mark.parametrize(
    "special", [{}, {"unknown": [1, 2]}, {"missing": [0, -1]}, {"unknown": [1, 2], "missing": [3, 4]}]
)
@pytest.mark.parametrize("counts", [None, []])
def test_a_column_without_categories_survives(name, special, counts, tmp_path):
    if name == "glove" and not special:
        pytest.skip("without a first line, a file says nothing when it has no vector")
    saved = CategoryVectors([], np.empty((0, 2)), counts, name="c", **special)
    saved.save(tmp_path / "c.x", format=name)
    loaded = CategoryVectors.load(tmp_path / "c.x", format=name)
    assert (len(loaded), loaded.dim) == (0, 2)
    for which in ("unknown", "missing"):
        found = getattr(loaded, which)
        assert (None if found is None else found.tolist()) == special.get(which)


def test_the_extreme_numbers_of_float32_survive(name, tmp_path):
    # The last one is known for readers that round twice: its shortest text, as float64, is half-way to another float32.
    tie = np.nextafter(np.float32("7.038531e-26"), np.float32(0))
    assert (str(tie), np.float32(float(str(tie))) == tie) == ("7.038531e-26", False)
    numbers = [3.4028235e38, 1.1754944e-38, 1e-45, -0.0, 0.0, 0.1, 16777217, 1 / 3, tie, -tie]
    saved = CategoryVectors(["a"], [numbers], name="c")
    assert round_trip(saved, tmp_path, name).vectors.tobytes() == saved.vectors.tobytes()


def test_vectors_in_fortran_order_are_written_by_rows(name, tmp_path):
    saved = CategoryVectors(["a", "b", "c"], np.asfortranarray(np.arange(6.0).reshape(3, 2)), name="c")
    assert_same(round_trip(saved, tmp_path, name), saved, name)


def test_saving_again_replaces_and_leaves_nothing_else(name, tmp_path):
    path = tmp_path / "c.x"
    for key in ("old", "new"):
        CategoryVectors([key], [[1]]).save(path, format=name)
    assert CategoryVectors.load(path, format=name).index_to_key == ["new"]
    assert list(tmp_path.iterdir()) == [path]


def test_several_columns_go_into_one_folder(name, tmp_path):
    path = tmp_path / "all"
    given = {
        column: CategoryVectors([column, "b"], np.eye(2) * number, [number, 1], name=column)
        for number, column in enumerate(("dest", "", "from/to", "é"), start=1)
    }
    for _ in range(2):
        places = FORMATS[name]().write_all(given, path)
        assert list(tmp_path.iterdir()) == [path]
    assert len(places) == len(given)
    assert all(place.exists() and place.is_relative_to(path) for place in places)
    for place, saved in zip(places, given.values(), strict=True):
        if place != path:
            loaded = CategoryVectors.load(place, format=name)
            assert (loaded.index_to_key, loaded.vectors.tolist()) == (saved.index_to_key, saved.vectors.tolist())
    (path / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match=r"it holds 'thesis\.tex', which would be lost"):
        FORMATS[name]().write_all(given, path)
    assert (path / "thesis.tex").exists()


def test_a_failed_save_leaves_the_old_file_unchanged(name, tmp_path, monkeypatch):
    path = tmp_path / "c.x"
    CategoryVectors(["old"], [[1]]).save(path, format=name)

    def half(self, vectors, draft):
        (draft / "half" if draft.is_dir() else draft).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FORMATS[name], "_write", half)
    with pytest.raises(OutputError, match=r"Cannot write .*c\.x: No space left on device\. Choose a folder"):
        CategoryVectors(["new"], [[1]]).save(path, format=name)
    assert CategoryVectors.load(path, format=name).index_to_key == ["old"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_an_output_error(name, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in ("nowhere", "file"):
        with pytest.raises(OutputError, match=r"Cannot write .*c\.x: .*Choose a folder that exists"):
            CategoryVectors(["a"], [[1]]).save(tmp_path / folder / "c.x", format=name)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_file_does_not_replace_a_folder(file_format, tmp_path):
    (tmp_path / "c.x").mkdir()
    with pytest.raises(OutputError, match="Cannot write"):
        CategoryVectors(["a"], [[1]]).save(tmp_path / "c.x", format=file_format)
    assert list(tmp_path.iterdir()) == [tmp_path / "c.x"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="whoever may do everything may write everywhere")
def test_a_read_only_folder_is_an_output_error(name, tmp_path):
    path = tmp_path / "c.x"
    CategoryVectors(["old"], [[1]]).save(path, format=name)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match=r"Cannot write .*c\.x: Permission denied\. Choose a folder"):
            CategoryVectors(["new"], [[1]]).save(path, format=name)
    finally:
        tmp_path.chmod(0o700)
    assert CategoryVectors.load(path, format=name).index_to_key == ["old"]


def test_a_missing_file_is_a_format_error(file_format, tmp_path):
    with pytest.raises(FormatError, match=r"x\.y: expected a file of vectors, but there is no such file\."):
        CategoryVectors.load(tmp_path / "x.y", format=file_format)
    with pytest.raises(FormatError, match="expected a file of vectors, but this is a folder"):
        CategoryVectors.load(tmp_path, format=file_format)


def awkward_file(path, name, **options):
    saved = CategoryVectors(["a", "b\n", 'c"'], np.ones((3, 2)) / 3, [9, 5, 1], name=path.stem, unknown=[1, 2])
    saved.save(path, format=name)
    return saved


def test_a_truncated_file_is_refused_or_complete(file_format, tmp_path):
    path = tmp_path / "c.x"
    saved = awkward_file(path, file_format)
    whole, kind = path.read_bytes(), FORMATS[file_format]
    # Text that others write too has no end that tells it from a shorter one: its last line is let alone here.
    last = 0 if kind.notices_cuts else len(whole) - whole.rindex(b"\n", 0, len(whole) - 1)
    for length in range(len(whole) - last):
        path.write_bytes(whole[:length])
        for mmap in (False, True)[: 1 + (kind.maps and length % 7 == 0)]:
            try:
                loaded = CategoryVectors.load(path, format=file_format, mmap=mmap)
            except FormatError as error:
                assert str(path) in str(error)  # noqa: PT017
            else:
                rows = len(saved) if kind.notices_cuts else len(loaded)
                assert loaded.index_to_key == saved.index_to_key[:rows]
                assert loaded.vectors.tobytes() == saved.vectors[:rows].tobytes()


def test_a_file_of_random_bytes_is_refused(file_format, tmp_path):
    path = tmp_path / "c.x"
    rng = np.random.default_rng(0)
    for size in (1, 3, 9, 27, 81, 243, 729, 2187, 10_000, 100_000):
        path.write_bytes(rng.bytes(size))
        for mmap in (False, True)[: 1 + FORMATS[file_format].maps]:
            with pytest.raises(FormatError, match=re.escape(str(path))):
                CategoryVectors.load(path, format=file_format, mmap=mmap)


def test_a_file_with_a_byte_changed_is_refused_or_valid(file_format, tmp_path):
    path = tmp_path / "c.x"
    awkward_file(path, file_format)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(200):
        raw = bytearray(whole)
        raw[rng.integers(len(raw))] = rng.integers(256)
        path.write_bytes(raw)
        for mmap in (False, True)[: 1 + FORMATS[file_format].maps]:
            try:
                loaded = CategoryVectors.load(path, format=file_format, mmap=mmap)
            except FormatError as error:
                assert str(path) in str(error)  # noqa: PT017
            else:
                assert np.isfinite(loaded.vectors).all()


CHECKED = sorted(name for name in FORMATS if FORMATS[name].notices_changes)


def test_only_formats_of_other_programs_have_no_room_for_a_digest():
    assert sorted(set(FORMATS) - set(CHECKED)) == ["glove", "word2vec", "word2vec_binary"]


@pytest.mark.parametrize("name", CHECKED)
def test_a_flipped_bit_is_refused_or_changes_nothing(name, tmp_path):
    path = tmp_path / "c.x"
    rng = np.random.default_rng(0)
    noise = SamplingNoise(np.eye(3), rows=9.0, exponent=-1.0, n_refits=5)
    keys = [*(f"key {row}" for row in range(30)), 7]
    saved = CategoryVectors(
        keys, rng.normal(size=(31, 3)), range(31), name="c", unknown=[1, 2, 3], missing=[0, 0, 1], noise=noise
    )
    saved.save(path, format=name)
    expected = CategoryVectors.load(path, format=name)
    for file in [path] if path.is_file() else sorted(path.iterdir()):
        whole = file.read_bytes()
        for bit in rng.integers(0, len(whole) * 8, 300):
            raw = bytearray(whole)
            raw[bit // 8] ^= 1 << bit % 8
            file.write_bytes(raw)
            for mmap in (False, True)[: 1 + FORMATS[name].maps]:
                try:
                    loaded = CategoryVectors.load(path, format=name, mmap=mmap)
                except FormatError as error:
                    assert str(path) in str(error)  # noqa: PT017
                else:
                    assert loaded == expected
        file.write_bytes(whole)


def test_vectors_of_too_many_dimensions_are_not_written(name, tmp_path, monkeypatch):
    path = tmp_path / "c.x"
    saved = CategoryVectors(["a"], [[1, 2]], name="c")
    saved.save(path, format=name)
    monkeypatch.setattr(FORMATS[name], "most_dims", 1)
    with pytest.raises(DataError, match=r"holds vectors of at most 1 dimensions, got 2\. Save to \.npz"):
        CategoryVectors(["b"], [[1, 2]]).save(path, format=name)
    assert CategoryVectors.load(path, format=name) == saved


@pytest.mark.parametrize("other", FILES)
def test_a_file_of_another_format_is_refused(file_format, other, tmp_path):
    if file_format == other or (file_format, other) == ("word2vec", "glove"):
        pytest.skip("this is the format itself, or one that it reads too")
    path = tmp_path / "c.x"
    awkward_file(path, other)
    with pytest.raises(FormatError, match=r"c\.x(, (line|byte) \d+)?: expected"):
        CategoryVectors.load(path, format=file_format)


def test_only_some_formats_can_be_mapped(name, tmp_path):
    path = tmp_path / "c.x"
    CategoryVectors(["a"], [[1]]).save(path, format=name)
    if FORMATS[name].maps:
        assert CategoryVectors.load(path, format=name, mmap=True).index_to_key == ["a"]
        return
    message = f"c.x: a file of format '{name}' cannot be memory-mapped. Leave out mmap=True, or save the vectors as"
    with pytest.raises(FormatError, match=re.escape(message)):
        CategoryVectors.load(path, format=name, mmap=True)


@pytest.mark.parametrize("name", MAPPED)
def test_mapped_vectors_are_those_of_the_file_and_read_only(name, tmp_path):
    path = tmp_path / "c.x"
    saved = awkward_file(path, name)
    loaded = CategoryVectors.load(path, format=name, mmap=True)
    assert_same(loaded, saved, name)
    assert type(loaded.vectors) is np.ndarray
    with pytest.raises(ValueError, match="read-only"):
        loaded.vectors[0] = 1
    # Saving again puts another file in its place, and leaves the one that is mapped alone.
    CategoryVectors(["new"], [[7, 7]]).save(path, format=name)
    assert loaded == saved
    # The very bytes of the file, not a copy of them.
    raw = bytearray(path.read_bytes())
    again = CategoryVectors.load(path, format=name, mmap=True)
    place = raw.index(np.full(2, 7, "<f4").tobytes())
    assert place % 4 == 0
    with path.open("r+b") as file:
        file.seek(place)
        file.write(np.full(2, 8, "<f4").tobytes())
    assert again["new"].tolist() == [8, 8]


RESIDENT = """
import sys
from pathlib import Path
from tabemb import CategoryVectors
def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return {name: int(line.split()[1]) / 1024 for line in lines for name in ("VmRSS", "VmHWM") if line.startswith(name)}
path, name, mmap = sys.argv[1:]
CategoryVectors(["a"], [[1.0]]).save(path + ".small", format=name)
CategoryVectors.load(path + ".small", format=name, mmap=mmap == "True")
Path("/proc/self/clear_refs").write_text("5")
before = resident()["VmRSS"]
vectors = CategoryVectors.load(path, format=name, mmap=mmap == "True")
after = resident()
assert vectors["7"].sum() == 7 * vectors.dim
print(after["VmRSS"] - before, after["VmHWM"] - before)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is measured as Linux tells it")
@pytest.mark.parametrize("name", MAPPED)
def test_mapped_vectors_take_no_memory(name, tmp_path):
    path = tmp_path / "c.x"
    # 40 MB.
    rows = np.repeat(np.arange(2000, dtype=np.float32)[:, None], 5_000, axis=1)
    CategoryVectors(map(str, range(2000)), rows).save(path, format=name)
    grown = {}
    for mmap in (False, True):
        command = [sys.executable, "-c", RESIDENT, str(path), name, str(mmap)]
        child = subprocess.run(command, check=True, capture_output=True, text=True)
        grown[mmap] = [float(each) for each in child.stdout.split()]
    assert min(grown[False]) > 35
    # At most one block of 4 MB at a time.
    assert max(grown[True]) < 12


@pytest.mark.parametrize("name", MAPPED)
def test_nan_in_a_mapped_file_is_refused(name, tmp_path):
    path = tmp_path / "c.x"
    CategoryVectors(["a", "b"], [[1, 2], [3, 7]]).save(path, format=name)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(np.array([3, 7], "<f4").tobytes(), np.array([3, np.nan], "<f4").tobytes()))
    with pytest.raises(
        FormatError, match=r"c\.x: .*expected finite float32 numbers in vectors, got nan in the row of 'b'"
    ):
        CategoryVectors.load(path, format=name, mmap=True)


def test_select_reads_the_same_as_filtering_all(name, tmp_path):
    saved = CategoryVectors(["a", 1, "1", "New York", True], np.arange(10).reshape(5, 2), unknown=[1, 2], name="c")
    saved.save(tmp_path / "c.x", format=name)
    some = FORMATS[name]().select(tmp_path / "c.x", lambda key: key in ("New York", "1", "b"))
    assert some == CategoryVectors(["1", "New York"], [[4, 5], [6, 7]], unknown=[1, 2], name="c")
    none = FORMATS[name]().select(tmp_path / "c.x", lambda key: False)
    assert len(none) == 0
    assert none.dim == 2


def test_gz_after_a_suffix_is_ignored():
    assert type(find_format("words.vec.GZ")) is FORMATS["word2vec"]
    with pytest.raises(UnknownNameError, match=r"No format has the suffix '' of 'words\.gz'"):
        find_format("words.gz")


def test_every_suffix_belongs_to_one_format():
    suffixes = [suffix for entry in FORMATS.values() for suffix in entry.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes)
    assert type(find_format("A.PARQUET")) is FORMATS["parquet"]


def test_an_unknown_suffix_lists_the_known_ones():
    known = "; ".join(f"{name} ({', '.join(FORMATS[name].suffixes)})" for name in sorted(FORMATS))
    assert "npz (.npz); parquet (.parquet)" in known
    message = (
        f"No format has the suffix '.parqet' of 'dest.parqet'. Known: {known}. "
        "Change the suffix, or set format=... Did you mean '.parquet'?"
    )
    with pytest.raises(UnknownNameError, match=f"^{re.escape(message)}$"):
        find_format("dest.parqet")
    with pytest.raises(UnknownNameError, match="No format has the suffix '' of 'dest'"):
        find_format("dest")


def test_columns_with_long_names_are_written_under_short_ones(tmp_path):
    long = "how satisfied are you with your current job? " * 10
    vectors = {long: CategoryVectors(["a"], [[1.0]], name=long), "dest": CategoryVectors(["b"], [[2.0]], name="dest")}
    paths = FORMATS.resolve("parquet").write_all(vectors, tmp_path / "all")
    assert [len(path.name) <= 255 for path in paths] == [True, True]
    assert CategoryVectors.load(paths[0]).name == long
    assert paths[1].name == "dest.parquet"
