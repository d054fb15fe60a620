"""A new database of each kind in its own folder."""

import importlib.util

import pytest

from tabemb.vectors.databases import DATABASES

# Where a test may have a database of the kind; it is not there yet.
LOCAL = {"lancedb": "lancedb:{}/vectors", "milvus": "milvus:{}/vectors.db"}


@pytest.fixture(autouse=True)
def _short_waits(short_waits_of_milvus):
    """Spare the waits in all tests here."""


@pytest.fixture(params=sorted(DATABASES))
def scheme(request):
    absent = [name for name in DATABASES[request.param].packages if importlib.util.find_spec(name) is None]
    if absent:
        pytest.skip(f"{absent[0]} is not installed")
    return request.param


@pytest.fixture
def uri(scheme, tmp_path):
    return LOCAL[scheme].format(tmp_path)
