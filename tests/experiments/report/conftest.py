"""What report.json says of a run made by hand."""

import pytest


@pytest.fixture
def record():
    return {
        "title": "Late & <later>?",
        "name": "flights",
        "created": "2025-11-23T18:00:00+00:00",
        "description": "What is known <before> departure.",
        "versions": {"tabemb": "0.1.0", "python": "3.11.7"},
        "seed": 0,
        "machine": "Linux, 2 processor cores",
        "data": {
            "target": "arr_delay above 15",
            "columns": ["dest", "month"],
            "source": "flights.csv",
            "rows_read": 304,
            "rows_used": 300,
            "notes": ["4 of 304 rows have no arr_delay and were left out."],
            "sha256": "ab" * 32,
        },
        "seconds": {"compare": 80.0, "refit": 7.0, "total": 93.0, "load": 1.0},
        "model": {
            "embeddings": [{"column": "dest", "categories": 4, "dimensions": 3}],
            "dropped": [{"column": "year", "reason": "constant"}],
        },
    }
