"""Limits of what a file may expand to."""

import io

import pytest

from tabemb.exceptions import DataError, FormatError
from tabemb.expansion import Expansion, LimitedStream


class Counting(io.BytesIO):
    """A stream that keeps the largest number of bytes that was asked for."""

    largest = 0

    def read(self, size=-1):
        self.largest = max(self.largest, size if size >= 0 else 10**9)
        return super().read(size)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "a.gz").write_bytes(bytes(10))
    return tmp_path / "a.gz"


def test_content_up_to_the_limit_passes(path):
    limit = Expansion(times=3, free=5)
    assert limit.most(path) == 35
    limit.check(path, 35)
    with pytest.raises(FormatError) as caught:
        limit.check(path, 36)
    assert str(caught.value) == (
        f"{path}: expected at most 3 times the size of the file (10 bytes) plus 5 bytes of content, got 36 bytes. If "
        "you trust the file, decompress it, or read it with the library that wrote it."
    )


def test_the_error_and_its_advice_can_be_chosen(path):
    with pytest.raises(DataError, match=r"got at least 11 bytes\. Unpack it\.$"):
        Expansion(times=1, free=0, advice="Unpack it.", error=DataError).check(path, 11, at_least=True)


@pytest.mark.parametrize(
    "read", [lambda stream: stream.read(), lambda stream: b"".join(iter(lambda: stream.read(7), b""))]
)
def test_a_stream_within_the_limit_is_unchanged(path, read):
    content = bytes(range(35))
    assert read(LimitedStream(io.BytesIO(content), path, Expansion(times=3, free=5))) == content


def test_a_stream_beyond_the_limit_is_not_decompressed_further(path):
    inner = Counting(bytes(10**6))
    with pytest.raises(FormatError, match="got at least 36 bytes"):
        LimitedStream(inner, path, Expansion(times=3, free=5)).read()
    assert inner.tell() == inner.largest == 36
