"""What a push says it did."""

from tabemb.vectors.databases import ColumnPush, PushSummary


def test_totals_are_sums_over_the_columns():
    one = ColumnPush("dest", "tabemb_dest", 3, written=2, unchanged=5, removed=1)
    two = ColumnPush("origin", "tabemb_origin", 2, written=10, unchanged=20, removed=30)
    summary = PushSummary("lancedb:vectors", (one, two))
    assert (summary.written, summary.unchanged, summary.removed) == (12, 25, 31)
    nothing = PushSummary("lancedb:vectors", ())
    assert (nothing.written, nothing.unchanged, nothing.removed) == (0, 0, 0)
