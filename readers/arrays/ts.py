"""UEA/UCR `.ts` files: univariate or multivariate, of equal or unequal length, `?` for a missing value."""

import re

import numpy as np

from core.errors import InputError
from core.files import read_text
from core.wording import counted
from readers.text_files import to_numbers, with_twin
from sequences.types import Sequences


def read(path, c, known=None):
    """Read a `.ts` file and its `_TEST` twin: see readers/__init__.py."""
    return with_twin(read_ts, path)


def read_ts(path):
    """Read one `.ts` file.

    Returns: Sequences with x a list of n float64 arrays (time_i, features), NaN where missing, and y (n,) strings,
    numbers (`@targetLabel true`) or None. Raises InputError naming the line.
    Format: https://www.aeon-toolkit.org/en/stable/examples/datasets/data_loading.html
    """
    lines = enumerate(read_text(path).split("\n"), 1)
    header = _read_ts_header(path, lines)
    labels, numbers = header.get("classlabel", ["false"]), header.get("targetlabel", ["false"])
    labelled = "true" in (labels[0].lower(), numbers[0].lower())
    stamped = header.get("timestamps", ["false"])[0].lower() == "true"
    x, y = [], []
    for i, line in lines:
        line = line.strip()
        if not line or line.startswith(("#", "%")):
            continue
        where = f"{path} line {i}"
        dimensions = _without_stamps(line, where) if stamped else line.split(":")
        if labelled:
            y.append(dimensions.pop().strip())
            if numbers[0].lower() == "true":
                y[-1] = to_numbers([_nan_if_missing(y[-1])], where)[0]
            elif y[-1] not in labels[1:]:
                raise InputError(f"{where}: label {y[-1][:40]!r} is none of the header's: {' '.join(labels[1:])[:80]}")
        columns = [to_numbers([_nan_if_missing(cell) for cell in cells.split(",")], where) for cells in dimensions]
        _check_ts_shape(where, header, columns, x)
        x.append(np.stack(columns, axis=1))
    if not x:
        raise InputError(f"{path} holds no sequences after @data")
    notes = ("the time stamps of the .ts file were left out: its steps count as even",) if stamped else ()
    return Sequences(x, np.array(y) if labelled else None, notes=notes)


TS_FIELDS = (
    "problemname", "timestamps", "missing", "univariate", "dimension", "dimensions", "equallength", "serieslength",
    "classlabel", "targetlabel",
)  # fmt: skip


def _nan_if_missing(cell):
    return "nan" if cell.strip() == "?" else cell


def _without_stamps(line, where):
    """Leave the stamps out of `(stamp,value),(stamp,value):...:label`. Returns: values of each feature, and the label.

    Stamps may hold colons, so features end with `):`; as in the sparse form of the archives, and as aeon reads it.
    """
    *dimensions, last = re.split(r"\)\s*:", line)
    if last.rstrip().endswith(")"):  # no label
        dimensions, last = [*dimensions, last.rstrip()[:-1]], None
    features = []
    for cells in dimensions or [""]:
        pairs = re.split(r"\)\s*,\s*\(", cells.strip().removeprefix("("))
        if not all("," in pair for pair in pairs):
            raise InputError(f"{where}: with @timeStamps true each value stands as (time stamp,value)")
        features.append(",".join(pair.rpartition(",")[2] for pair in pairs))
    return features if last is None else [*features, last]


def _read_ts_header(path, lines):
    """Read up to @data. Returns: dictionary from field name in lower case to its words."""
    header = {}
    for i, line in lines:
        field, *words = line.split() or [""]
        if field.lower() == "@data":
            break
        if field.startswith("@"):
            if field[1:].lower() not in TS_FIELDS:
                raise InputError(f"{path} line {i}: {field[:40]!r} is no header field of the format")
            if not words:
                raise InputError(f"{path} line {i}: header field {field} has no value")
            header[field[1:].lower()] = words
        elif field and not field.startswith(("#", "%")):
            raise InputError(f"{path} line {i}: this is no .ts header line (they begin with @ or #)")
    else:
        raise InputError(f"{path} has no @data line: it is no .ts file, or it is cut off")
    for field in ("dimensions", "dimension", "serieslength"):
        if field in header and not (header[field][0].isdecimal() and len(header[field][0]) < 20):
            raise InputError(f"{path}: header field @{field} is {header[field][0][:40]!r}, not a whole number")
    return header


def _check_ts_shape(where, header, columns, x):
    if not columns:
        raise InputError(f"{where} has no values")
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise InputError(f"{where}: its features are of different length ({min(lengths)} and {max(lengths)})")
    features = header.get("dimensions", header.get("dimension"))
    expected = int(features[0]) if features else 1 if header.get("univariate", [""])[0].lower() == "true" else None
    expected = x[0].shape[1] if x else expected or len(columns)
    if len(columns) != expected:
        raise InputError(f"{where} has {counted(len(columns), 'feature')}, expected are {expected}")
    if header.get("equallength", [""])[0].lower() == "true":
        steps = int(header.get("serieslength", [len(x[0]) if x else len(columns[0])])[0])
        if lengths != {steps}:
            raise InputError(f"{where} has {len(columns[0])} time steps, the header says {steps} for all")
