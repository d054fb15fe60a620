"""Cells of every kind, for the tests of table/."""

import pytest
from hypothesis import strategies as st

SCALARS = st.one_of(
    st.text(),
    st.integers(),
    st.integers(min_value=2**63),
    st.integers(max_value=-(2**63)),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.binary(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.times(),
    st.timedeltas(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.uuids(),
)


@pytest.fixture(scope="session")
def scalars():
    """A Hypothesis strategy for every scalar that can be a category."""
    return SCALARS
