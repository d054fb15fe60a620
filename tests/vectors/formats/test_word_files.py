"""Files of words, read once and in bounded memory."""

import dataclasses
import gzip
import io
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tabemb import CategoryVectors
from tabemb.exceptions import FormatError, OutputError
from tabemb.vectors.formats import FORMATS, find_format, limits, word_files
from tabemb.vectors.formats.word_files import WordFormat, WordLines

WORD_FORMATS = sorted(name for name, kind in FORMATS.items() if issubclass(kind, WordFormat))
N_WORDS, DIM = 50_000, 125
PATH = Path("words.txt")


@pytest.fixture(scope="module", params=WORD_FORMATS)
def large(request, tmp_path_factory):
    """A file of about 50 MB of 50,000 words."""
    path = tmp_path_factory.mktemp("large") / f"words{FORMATS[request.param].suffixes[0]}"
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=2 * DIM).astype(np.float32)
    if request.param == "word2vec_binary":
        behind, between, end = numbers, numbers.tobytes(), b""
    else:
        behind = numbers[:DIM]
        between, end = " ".join(f"{number:.5f}" for number in behind).encode(), b"\n"
    with path.open("wb") as file:
        if request.param != "glove":
            file.write(f"{N_WORDS} {len(behind)}\n".encode())
        file.writelines(b"word%d %b%b" % (number, between, end) for number in range(N_WORDS))
    return path, len(behind), np.float32([float(f"{behind[0]:.5f}") if end else behind[0]])


def test_select_keeps_only_selected_words_in_memory(large):
    path, dim, first = large
    assert path.stat().st_size > 45e6
    wanted = {f"word{number}" for number in range(0, N_WORDS, 500)}
    tracemalloc.start()
    some = find_format(path).select(path, wanted.__contains__)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(some) == 100
    assert some.vectors.shape == (100, dim)
    assert some["word49500"][:1] == first
    # The portions that are read, the 100 rows, and no more: a twelfth of the file.
    assert peak < 4e6


@pytest.mark.parametrize("name", WORD_FORMATS)
def test_a_compressed_file_is_read_with_any_suffix(name, tmp_path):
    plain, packed = (tmp_path / f"words{FORMATS[name].suffixes[0]}{end}" for end in ("", ".gz"))
    saved = CategoryVectors(["nurse", "New York"], [[1, 2], [3, 4]], unknown=[5, 6], name="words")
    saved.save(plain)
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert CategoryVectors.load(packed) == saved
    assert find_format(packed).select(packed, "nurse".__eq__).index_to_key == ["nurse"]
    packed.rename(plain)
    assert CategoryVectors.load(plain) == saved


@pytest.mark.parametrize("name", WORD_FORMATS)
def test_a_truncated_or_damaged_compressed_file_is_refused(name, tmp_path):
    path = tmp_path / f"words{FORMATS[name].suffixes[0]}"
    CategoryVectors([f"word{i}" for i in range(200)], np.random.default_rng(0).normal(size=(200, 9))).save(path)
    whole = gzip.compress(path.read_bytes())
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    for data in (whole[: len(whole) // 2], whole[:-4], bytes(damaged), whole[:12]):
        path.write_bytes(data)
        with pytest.raises(FormatError, match=re.escape(str(path))):
            CategoryVectors.load(path)


@pytest.mark.parametrize("name", WORD_FORMATS)
def test_compressed_files_are_not_written(name, tmp_path):
    path = tmp_path / f"words{FORMATS[name].suffixes[0]}.gz"
    message = f"Cannot write {path}: compressed files can be read, but not written. Save to {path.stem} and compress it"
    with pytest.raises(OutputError, match=re.escape(message)):
        CategoryVectors(["a"], [[1]]).save(path)
    assert not list(tmp_path.iterdir())


def test_select_skips_words_that_are_not_utf8(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(b"nurse 1 2\n\xff 3 4\n\xff 5 6\npilot 7 8\n")
    assert find_format(path).select(path, lambda key: True).index_to_key == ["nurse", "pilot"]
    with pytest.raises(FormatError, match="line 2: expected a key in UTF-8"):
        CategoryVectors.load(path)


def test_a_selected_word_may_occur_only_once(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(b"nurse 1\npilot 2\npilot 3\nnurse 4\n")
    assert find_format(path).select(path, "welder".__eq__).index_to_key == []
    with pytest.raises(FormatError, match=re.escape("line 4: expected each key once, got 'nurse' as in line 1.")):
        find_format(path).select(path, "nurse".__eq__)


def test_select_checks_the_stated_number_of_words(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(b"3 1\nnurse 1\npilot 2\n")
    with pytest.raises(FormatError, match=re.escape("line 1: expected 3 keys as stated, got 2.")):
        find_format(path).select(path, "nurse".__eq__)


def lines(text, *, header=False):
    return WordLines(PATH, io.BytesIO(text.encode()), header=header)


def words(text, **kind):
    rows = lines(text, **kind)
    return [(place, word.decode(), rows.numbers(place, raw).tolist()) for place, word, raw in rows]


def test_each_word_comes_with_its_line_and_its_numbers():
    assert words("2 2\na 1 2\nb\t3\t4\n", header=True) == [(2, "a", [1, 2]), (3, "b", [3, 4])]
    assert words("a 1 2\nb 3 4 \n c  5 6\n") == [(1, "a", [1, 2]), (2, "b", [3, 4]), (3, "c", [5, 6])]


def test_a_word_of_glove_may_contain_spaces_but_no_number():
    assert words("the 1 2\n. . . 3 4\nat name@domain.com 5 6\n")[1:] == [
        (2, ". . .", [3, 4]),
        (3, "at name@domain.com", [5, 6]),
    ]
    with pytest.raises(FormatError, match=re.escape("words.txt, line 2: expected a key and 2 numbers, got 5 fields.")):
        words("the 1 2\na 7 b 3 4\n")
    with pytest.raises(FormatError, match=re.escape("line 3: expected a key and 2 numbers as line 1 states, got 4")):
        words("2 2\nthe 1 2\nNew York 3 4\n", header=True)


def test_numbers_that_are_not_requested_are_only_counted():
    places = [place for place, _, _ in lines("a 1 2\nb x y\nc 3 4\n")]
    assert places == [1, 2, 3]
    with pytest.raises(FormatError, match=re.escape("line 2: expected a key and 2 numbers, got 2 fields.")):
        list(lines("a 1 2\nb x\nc 3 4\n"))
    rows = lines("a 1 2\nb  4\n")
    # Two blanks are as many as two numbers have; whoever wants them is told.
    with pytest.raises(FormatError, match=re.escape("line 2: expected a key and 2 numbers, got 2 fields.")):
        [rows.numbers(place, raw) for place, _, raw in rows]


def test_text_without_a_first_line_must_end_with_a_line_break():
    with pytest.raises(FormatError, match=re.escape("line 2: expected a line break at the end; the file may be")):
        words("a 1 2\nb 3 4.")
    assert words("2 2\na 1 2\nb 3 4", header=True)[1] == (3, "b", [3, 4])


def test_an_endless_line_is_not_read_completely(monkeypatch):
    monkeypatch.setattr(word_files, "LONGEST", 20)
    file = io.BytesIO(b"3 4\n" + bytes(1000))
    with pytest.raises(
        FormatError, match=re.escape("line 2: expected a key and 4 numbers as line 1 states, got more than")
    ):
        list(WordLines(PATH, file, header=True))
    assert file.tell() < 40


def test_numbers_are_the_nearest_of_float32():
    ((_, _, numbers),) = words("a 0.1 1e-45 16777217\n")
    assert numbers == np.array([0.1, 1e-45, 16777217], np.float32).tolist()


TEXTS = {"word2vec": "2 2\nking 1 2\nqueen 3 4\n", "glove": "king 1 2\nqueen 3 4\n"}


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(("name", "text"), [*TEXTS.items(), ("word2vec", TEXTS["glove"])])
def test_a_byte_order_mark_is_no_part_of_the_first_word(name, text, compress, tmp_path):
    path = tmp_path / "words.x"
    path.write_bytes(compress(text.encode("utf-8-sig")))
    loaded = CategoryVectors.load(path, format=name)
    assert (loaded.index_to_key, loaded.vectors.tolist()) == (["king", "queen"], [[1, 2], [3, 4]])
    assert FORMATS[name]().select(path, {"king"}.__contains__).index_to_key == ["king"]


def test_a_byte_order_mark_before_binary_is_skipped(tmp_path):
    path = tmp_path / "words.bin"
    saved = CategoryVectors(["king", "\ufeffqueen"], [[1, 2], [3, 4]], name="words")
    saved.save(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert CategoryVectors.load(path) == saved


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", TEXTS)
def test_utf16_is_refused_by_name(name, encoding, tmp_path):
    path = tmp_path / "words.x"
    mark = "" if encoding == "utf-16" else "\ufeff"
    path.write_bytes((mark + TEXTS[name]).encode(encoding))
    with pytest.raises(
        FormatError, match=r"words\.x: expected text in UTF-8, got UTF-16\. Save the file again as UTF-8"
    ):
        CategoryVectors.load(path, format=name)


@pytest.mark.parametrize("name", WORD_FORMATS)
def test_a_small_archive_that_expands_to_much_is_refused(name, tmp_path, monkeypatch):
    path = tmp_path / "words.x"
    CategoryVectors([f"k{row}" for row in range(5000)], np.zeros((5000, 200)), name="words").save(path, format=name)
    whole = path.read_bytes()
    path.write_bytes(gzip.compress(whole))
    monkeypatch.setattr(limits, "_EXPANSION", dataclasses.replace(limits._EXPANSION, free=2**20))
    with pytest.raises(FormatError, match=r"words\.x: expected at most 8 times the size of the file"):
        CategoryVectors.load(path, format=name)
    # Only what is kept counts.
    assert len(FORMATS[name]().select(path, {"k7"}.__contains__)) == 1
    path.write_bytes(whole)
    assert len(CategoryVectors.load(path, format=name)) == 5000


@pytest.mark.parametrize("name", TEXTS)
def test_blank_lines_are_allowed_at_the_end_but_not_without_end(name, tmp_path):
    path = tmp_path / "words.x"
    path.write_text(TEXTS[name] + "\n" * 1000)
    assert CategoryVectors.load(path, format=name).index_to_key == ["king", "queen"]
    path.write_bytes(gzip.compress(TEXTS[name].encode() + b"\n" * 100_000))
    with pytest.raises(FormatError, match=r"words\.x, line \d: expected .*, got more than 1000 blank lines"):
        CategoryVectors.load(path, format=name)


def test_a_first_line_with_too_many_dimensions_is_refused(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("0 10000000000\n")
    with pytest.raises(
        FormatError, match=r"words\.txt, line 1: expected at most 1,048,576 dimensions, got 10000000000"
    ):
        CategoryVectors.load(path)
