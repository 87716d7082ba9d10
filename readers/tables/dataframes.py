"""DataFrames as tables, and the files that pandas reads with pyarrow: `.parquet` and `.feather`.

A DataFrame is known by what it can do, so that pandas is needed by those who have one.
"""

import importlib.util

import numpy as np

from core.errors import InputError
from core.lazy import lazy
from readers.file_checks import refuse_damaged, refuse_larger_than_memory
from readers.tables.table import Table, column_of_values, refuse_wide, with_numbers
from readers.whole_numbers import EXACT

pandas, pyarrow = lazy("pandas"), lazy("pyarrow")
dataset, ipc, parquet = lazy("pyarrow.dataset"), lazy("pyarrow.ipc"), lazy("pyarrow.parquet")
AT_ONCE = 1000  # columns of a wide file
METADATA = {"thrift_container_size_limit": 2**28, "thrift_string_size_limit": 2**31 - 1}  # of a million columns


def table_from_dataframe(where, frame, identifiers=(), ignored=None):
    """Turn a pandas DataFrame into a table: the same as a text table that its `to_csv` writes.

    Parameters: where says what it is, for messages; identifiers and ignored: see
    readers/tables/delimited.py read_table.
    Returns: Table. An index that has a name, or holds no row numbers, comes first; names of several levels are joined
    by a blank.
    Raises: InputError, naming the row, for what no text table could hold either.
    """
    return with_numbers(where, typed_table(where, frame), identifiers, ignored)


def typed_table(where, frame):
    """Return the Table of a DataFrame, its words as they are: readers/tables/table.py with_numbers finds numbers."""
    refuse_wide(where, frame.shape[1])
    header = [*frame.columns] != [*range(frame.shape[1])]
    if frame.index.dtype.kind not in "iu" or any(name is not None for name in frame.index.names):
        frame = frame.reset_index(allow_duplicates=True)
    if not frame.shape[1]:
        raise InputError(f"{where} is empty")
    if not len(frame):
        raise InputError(f"{where} has a header and no rows")
    lines, names = range(1, len(frame) + 1), [*map(_joined, frame.columns)]
    columns = [_column(where, name, own, lines) for name, (_, own) in zip(names, frame.items())]
    return Table(names, columns, lines, header, [])


def _joined(name):
    """Write the name of a column, of several levels joined by a blank."""
    return " ".join(filter(None, map(str.strip, map(str, name if isinstance(name, tuple) else [name]))))


def _column(where, name, series, lines):
    """Return the values of a pandas Series as column_of_values does."""
    kind = series.dtype.kind
    if kind == "f":
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = series.isna().to_numpy()
    if kind in "iu" and missing.any() and series.dropna().between(-EXACT, EXACT).all():
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    if kind in "iu" and not missing.any():
        return series.to_numpy()
    values = series.astype(str if kind in "mM" else object).to_numpy(dtype=object, copy=True)
    values[missing] = None
    return column_of_values(where, name, values.tolist(), lines)


def read_parquet(path):
    """Read a `.parquet` file. Returns and raises as typed_table does."""
    refuse_without(path, "pandas", "pyarrow")
    with refuse_damaged(path, "cannot be read as .parquet", _errors()), open(path, "rb") as file:
        opened = parquet.ParquetFile(file, **METADATA)
        refuse_wide(path, opened.metadata.num_columns)
        groups = (opened.metadata.row_group(k) for k in range(opened.metadata.num_row_groups))
        cells = opened.metadata.num_rows * opened.metadata.num_columns
        refuse_larger_than_memory(path, max(8 * cells, sum(group.total_byte_size for group in groups)))
        # Words that repeat are in memory once, as in the file.
        words = [
            field.name for field in opened.schema_arrow if field.type in (pyarrow.string(), pyarrow.large_string())
        ]
        file.seek(0)
        if opened.metadata.num_columns == len(opened.schema_arrow) > AT_ONCE:
            return typed_table(path, _wide_frame(parquet.ParquetFile(file, read_dictionary=words, **METADATA)))
        frame = pandas.read_parquet(file, read_dictionary=words)  # of a path, folders' names would be columns
    return typed_table(path, frame)


def _wide_frame(opened):
    """Read a ParquetFile a stretch of columns at a time: pyarrow takes 0.2 MiB for each that it reads at once."""
    stretches = (range(opened.metadata.num_columns)[k:][:AT_ONCE] for k in range(0, len(opened.schema_arrow), AT_ONCE))
    columns = [column for own in stretches for column in opened.reader.read_all(column_indices=[*own]).columns]
    table = pyarrow.Table.from_arrays(columns, names=opened.schema_arrow.names)
    return table.replace_schema_metadata(opened.schema_arrow.metadata).to_pandas()


def read_feather(path):
    """Read a `.feather` file. Returns and raises as typed_table does."""
    refuse_without(path, "pandas", "pyarrow")
    with refuse_damaged(path, "cannot be read as .feather", _errors()):
        opened = dataset.dataset(path, format="feather")
        refuse_wide(path, len(opened.schema))
        refuse_larger_than_memory(path, 8 * opened.count_rows() * len(opened.schema))
        with ipc.open_file(path) as file:
            table = file.read_all()
        table.validate(full=True)  # pandas would follow any offset, out of the file too
        frame = table.to_pandas()
    return typed_table(path, frame)


def _errors():
    """Return what pandas and pyarrow raise for damaged files."""
    return (pyarrow.ArrowException, ValueError, OSError, MemoryError, KeyError, TypeError)


def refuse_without(path, *packages):
    """Raise InputError, with the line that installs them, where a package that a file needs is missing."""
    if lost := [name for name in packages if importlib.util.find_spec(name) is None]:
        raise InputError(
            f"{path} needs the package {lost[0]} to be read: pip install {' '.join(packages)}, or convert it to .csv"
        )
