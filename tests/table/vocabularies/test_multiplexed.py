from tabemb.table.cells import factorize, read_cells
from tabemb.table.vocabularies import Multiplexed

AIRPORTS = factorize(read_cells([f"airport {place}" for place in range(500)]))


def test_the_same_category_has_another_row_in_another_column():
    origin, dest = (Multiplexed(10_000).rows(AIRPORTS, column).buckets for column in ("origin", "dest"))
    assert (origin == dest).mean() < 0.01


def test_all_columns_have_one_table():
    assert Multiplexed.common_table == "multiplexed"


def test_it_suits_columns_with_many_categories():
    assert Multiplexed().suits(AIRPORTS)
    assert not Multiplexed().suits(factorize(read_cells(["a", "b"])))
