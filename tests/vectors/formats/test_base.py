"""What every format keeps, asked of all that are registered."""

import re

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings

from tabemb.exceptions import FormatError, OutputError, UnknownNameError
from tabemb.vectors import CategoryVectors
from tabemb.vectors.formats import FORMATS, find_format

AWKWARD = [
    "New York",
    " leading and trailing ",
    "tab\there",
    "line\nbreak",
    "carriage\rreturn\r\n",
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
    "nul\x00",
    "lone \ud800 surrogate",
    "e\u0301",
    "é",
    "5 3",
    '"quoted"',
    "back\\slash",
    "a" * 10_000,
]
scalars = st.one_of(
    st.text(),
    st.text(alphabet=" \t\n%<>unkowmisgjsepty0123456789ABCDEF"),
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
    return CategoryVectors(
        keys,
        np.array(draw(st.lists(row, min_size=len(keys), max_size=len(keys)))).reshape(len(keys), dim),
        name="column",
        unknown=draw(st.none() | row),
        missing=draw(st.none() | row),
    )


def assert_same(loaded, saved):
    assert loaded == saved
    assert [typed(key) for key in loaded.keys] == [typed(key) for key in saved.keys]


@pytest.fixture(params=sorted(FORMATS))
def name(request):
    return request.param


def test_awkward_text_survives(name, tmp_path):
    rng = np.random.default_rng(0)
    saved = CategoryVectors(
        AWKWARD, rng.normal(size=(len(AWKWARD), 3)), name="c", unknown=[1, 2, 3], missing=[0, 0, 1e-40]
    )
    saved.save(tmp_path / "c.x", format=name)
    assert_same(CategoryVectors.load(tmp_path / "c.x", format=name), saved)


def test_keys_of_mixed_types_survive(name, tmp_path):
    keys = ["1", 1, True, 2.5, -(2**70), 2**63, b"\xff\x00", "true", "1%json", '{"int": "1"}']
    saved = CategoryVectors(keys, np.arange(len(keys))[:, None] / 7, name="c")
    saved.save(tmp_path / "c.x", format=name)
    assert_same(CategoryVectors.load(tmp_path / "c.x", format=name), saved)


@settings(max_examples=150, deadline=None)
@given(saved=columns())
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_any_column_survives(name, saved, tmp_path_factory):
    # Without a first line, no vector at all cannot be told from a file that was cut.
    assume(name != "glove" or len(saved) or saved.unknown is not None or saved.missing is not None)
    path = tmp_path_factory.getbasetemp() / "column.x"
    saved.save(path, format=name)
    assert_same(CategoryVectors.load(path, format=name), saved)


def test_the_extreme_numbers_of_float32_survive(name, tmp_path):
    numbers = [3.4028235e38, 1.1754944e-38, 1e-45, -0.0, 0.1, 16777217, 1 / 3]
    saved = CategoryVectors(["a"], [numbers], name="c")
    saved.save(tmp_path / "c.x", format=name)
    loaded = CategoryVectors.load(tmp_path / "c.x", format=name)
    assert loaded.vectors.tobytes() == saved.vectors.tobytes()


def test_saving_again_replaces_and_leaves_nothing_else(name, tmp_path):
    path = tmp_path / "c.x"
    for key in ("old", "new"):
        CategoryVectors([key], [[1]]).save(path, format=name)
    assert CategoryVectors.load(path, format=name).keys == ["new"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_save_that_fails_leaves_the_old_file_whole(name, tmp_path, monkeypatch):
    path = tmp_path / "c.x"
    CategoryVectors(["old"], [[1]]).save(path, format=name)

    def half(self, vectors, draft):
        draft.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FORMATS[name], "_write", half)
    with pytest.raises(OutputError, match=r"Cannot write .*c\.x: No space left on device\. Choose a folder"):
        CategoryVectors(["new"], [[1]]).save(path, format=name)
    assert CategoryVectors.load(path, format=name).keys == ["old"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_output_error(name, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in ("nowhere", "file"):
        with pytest.raises(OutputError, match=r"Cannot write .*c\.x: .*Choose a folder that exists"):
            CategoryVectors(["a"], [[1]]).save(tmp_path / folder / "c.x", format=name)
    (tmp_path / "c.x").mkdir()
    with pytest.raises(OutputError, match="Cannot write"):
        CategoryVectors(["a"], [[1]]).save(tmp_path / "c.x", format=name)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["c.x", "file"]


def test_a_file_that_is_not_there_is_a_format_error(name, tmp_path):
    with pytest.raises(FormatError, match=r"x\.y: expected a file of vectors, but there is no such file\."):
        CategoryVectors.load(tmp_path / "x.y", format=name)
    with pytest.raises(FormatError, match="expected a file of vectors, but this is a folder"):
        CategoryVectors.load(tmp_path, format=name)


def test_a_file_cut_anywhere_is_refused(name, tmp_path):
    path = tmp_path / "c.x"
    CategoryVectors(["a", "b", "c"], np.ones((3, 2)), unknown=[1, 2]).save(path, format=name)
    whole = path.read_bytes()
    for length in (0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError, match=re.escape(str(path))):
            CategoryVectors.load(path, format=name)


def test_some_keys_are_read_as_if_all_were_read_and_the_others_left_out(name, tmp_path):
    saved = CategoryVectors(["a", 1, "1", "New York", True], np.arange(10).reshape(5, 2), unknown=[1, 2], name="c")
    saved.save(tmp_path / "c.x", format=name)
    some = FORMATS[name]().select(tmp_path / "c.x", lambda key: key in ("New York", "1", "b"))
    assert some == CategoryVectors(["1", "New York"], [[4, 5], [6, 7]], unknown=[1, 2], name="c")
    none = FORMATS[name]().select(tmp_path / "c.x", lambda key: False)
    assert len(none) == 0
    assert none.dim == 2


def test_gz_behind_a_suffix_is_no_matter():
    assert type(find_format("words.vec.GZ")) is FORMATS["word2vec"]
    with pytest.raises(UnknownNameError, match=r"No format goes by the suffix '' of 'words\.gz'"):
        find_format("words.gz")


def test_every_suffix_belongs_to_one_format():
    suffixes = [suffix for entry in FORMATS.values() for suffix in entry.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes)
    assert type(find_format("A.PARQUET")) is FORMATS["parquet"]


def test_an_unknown_suffix_lists_the_known_ones():
    message = (
        "No format goes by the suffix '.parqet' of 'dest.parqet'. "
        "Known: glove (.glove); parquet (.parquet); word2vec (.txt, .vec, .w2v); word2vec_binary (.bin). "
        "Change the suffix, or say format=... Did you mean '.parquet'?"
    )
    with pytest.raises(UnknownNameError, match=f"^{re.escape(message)}$"):
        find_format("dest.parqet")
    with pytest.raises(UnknownNameError, match="No format goes by the suffix '' of 'dest'"):
        find_format("dest")
