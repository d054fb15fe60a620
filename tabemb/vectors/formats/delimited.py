"""Tables in delimited text, read by Arrow with the types that are asked for."""

from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

__all__ = ["read_delimited"]

# Arrow reads a block at a time, fastest by the megabyte, and a row must fit into one.
_BLOCKS = (2**20, 2**26, 2**30)


def read_delimited(
    path: Path, columns: dict[str, pa.DataType], *, delimiter: str = ",", quotes: bool = True, header: bool = False
) -> pa.Table:
    r"""Return the table in a file.

    Parameters
    ----------
    path : Path
        In UTF-8.
    columns : dict from str to pyarrow.DataType
        What the columns are called, in their order, and what they hold. Nothing is null in text; a number is where its
        cell is empty.
    delimiter : str
    quotes : bool
        Whether texts may stand in double quotes, with ends of lines in them.
    header : bool
        Whether the first line is left out.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    pyarrow.ArrowInvalid
        When a row has more or fewer cells, or a cell does not hold what it should; the message names the row.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "table.csv")
    ...     _ = path.write_text("key,n\na,7\n")
    ...     read_delimited(path, {"key": pa.string(), "n": pa.int64()}, header=True).to_pylist()
    [{'key': 'a', 'n': 7}]
    """
    parse = pa_csv.ParseOptions(
        delimiter=delimiter, quote_char='"' if quotes else False, newlines_in_values=quotes, ignore_empty_lines=quotes
    )
    convert = pa_csv.ConvertOptions(column_types=columns, null_values=[""], strings_can_be_null=False)

    def read(block: int) -> pa.Table:
        # Only one thread knows which row it is at when it meets an error.
        how = pa_csv.ReadOptions(column_names=list(columns), skip_rows=int(header), block_size=block, use_threads=False)
        return pa_csv.read_csv(path, how, parse, convert)

    *shorter, longest = _BLOCKS
    for block in shorter:
        with suppress(pa.ArrowInvalid):
            return read(block)
    return read(longest)
