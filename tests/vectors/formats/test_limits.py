"""What a file of vectors may hold."""

import pytest

from tabemb.exceptions import DataError, FormatError
from tabemb.vectors.formats.limits import MOST_DIMS, check_content, check_dims, most_content


def test_content_is_limited_by_the_size_of_the_file(tmp_path):
    path = tmp_path / "c.npz"
    path.write_bytes(bytes(1000))
    most = most_content(path)
    assert most == 8 * 1000 + 2**25
    check_content(path, most)
    with pytest.raises(
        FormatError, match=r"c\.npz: expected at most 8 times .* \(1,000 bytes\) .* got 33,562,433 bytes"
    ):
        check_content(path, most + 1)


def test_dimensions_are_limited():
    check_dims(MOST_DIMS)
    with pytest.raises(DataError, match=r"at most 1,048,576 dimensions, got 1,048,577\. Save to \.npz"):
        check_dims(MOST_DIMS + 1)
