"""GloVe text: no first line, whatever it looks like."""

import gc

import numpy as np
import pytest

from tabemb.exceptions import DataError, FormatError
from tabemb.vectors import CategoryVectors


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dest.glove"


def test_the_file_as_it_is(path):
    CategoryVectors(["New York", 7], [[1, 0.1], [2, -0.5]], [3, 1], unknown=[0, 0]).save(path)
    assert path.read_text() == "New%20York 1 0.1\n7%json 2 -0.5\n<unknown> 0 0\n"


def test_a_first_line_of_two_numbers_is_a_word_and_its_number(path):
    path.write_text("5 3\n6 4\n")
    loaded = CategoryVectors.load(path)
    assert loaded.index_to_key == ["5", "6"]
    assert loaded.vectors.tolist() == [[3], [4]]


def test_a_word2vec_file_is_refused_where_its_words_begin(path):
    path.write_text("2 3\na 1 2 3\nb 1 2 3\n")
    with pytest.raises(FormatError, match=r"dest\.glove, line 2: expected a key and 1 numbers, got 4 fields\."):
        CategoryVectors.load(path)


def test_no_vector_at_all_cannot_be_written(path):
    with pytest.raises(DataError, match=r"GloVe text holds one vector or more, and here is none\. Save to \.parquet"):
        CategoryVectors([], np.zeros((0, 2))).save(path)
    assert not list(path.parent.iterdir())


# gensim leaves the file open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_gensim_opens_the_file_and_we_open_gensims(path):
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    saved = CategoryVectors(["nurse", "東京", "the"], np.random.default_rng(0).normal(size=(3, 4)))
    saved.save(path)
    theirs = models.KeyedVectors.load_word2vec_format(path, no_header=True)
    assert theirs.index_to_key == saved.index_to_key
    assert np.array_equal(theirs.vectors, saved.vectors)
    gc.collect()
    theirs.save_word2vec_format(path, write_header=False)
    assert np.array_equal(CategoryVectors.load(path).vectors, saved.vectors)
