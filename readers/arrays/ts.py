"""UEA/UCR `.ts` files: univariate or multivariate, of equal or unequal length, `?` for a missing value."""

import re

import numpy as np

from core.errors import InputError
from core.files import read_text
from core.wording import counted
from readers.decimals import decimals, find_cells
from readers.tables.lines import Lines
from readers.text_files import read_train_and_test, to_numbers
from sequences.types import Sequences


def read(path, c, preparation=None):
    """Read a `.ts` file and its `_TEST` twin: see readers/__init__.py."""
    return read_train_and_test(read_ts, path)


def read_ts(path):
    """Read one `.ts` file.

    Returns: Sequences with x a list of n float64 arrays (time_i, features), NaN where missing, and y (n,) strings,
    numbers (`@targetLabel true`) or None.
    Raises: InputError naming the line.
    Format: https://www.aeon-toolkit.org/en/stable/examples/datasets/data_loading.html
    """
    lines = enumerate(read_text(path).split("\n"), 1)
    header = _read_header(path, lines)
    classes, numeric = header.get("classlabel", ["false"]), _is_true(header, "targetlabel")
    labelled, with_times = numeric or classes[0].lower() == "true", _is_true(header, "timestamps")
    rows, y = [], []
    for i, line in lines:
        line = line.strip()
        if not line or line.startswith(("#", "%")):
            continue
        where = f"{path} line {i}"
        features = _without_times(line, where) if with_times else line.split(":")
        if labelled:
            label = features.pop().strip()
            label = "" if label == "?" and label not in classes else label  # it has none
            if not numeric and label and label not in classes[1:]:
                raise InputError(
                    f"{where}: label {label[:40]!r} is not one of the header's: {' '.join(classes[1:])[:80]}"
                )
            y.append(to_numbers([label or "nan"], where)[0] if numeric else label)
        _check_shape(where, header, features, rows)
        rows.append((where, features))
    if not rows:
        raise InputError(f"{path} holds no sequences after @data")
    x = [*_to_arrays(rows)]
    notes = ("the time stamps of the .ts file were left out: its steps count as even",) if with_times else ()
    return Sequences(x, np.array(y) if labelled else None, "sequences", notes=notes)


FIELDS = (
    "problemname", "timestamps", "missing", "univariate", "dimension", "dimensions", "equallength", "serieslength",
    "classlabel", "targetlabel",
)  # fmt: skip


def _is_true(header, field):
    return header.get(field, [""])[0].lower() == "true"


def _to_numbers(text, where):
    cells = text.split(",")
    return to_numbers(["nan" if cell.strip() == "?" else cell for cell in cells] if "?" in text else cells, where)


def _to_arrays(rows):
    """Turn rows, each (its place, text of each feature), into arrays float64 (time, features): plain decimals at once.

    Raises: InputError for what is no number.
    """
    written = Lines("\n".join(",".join(features) for _, features in rows).encode())
    for part, block in written.blocks():
        cells = None if b'"' in block else find_cells(block.replace(b",", b"\n"), 1, "\n", ".")
        values, odd = (None, None) if cells is None else decimals(cells)
        start = 0
        for where, features in rows[part]:
            stop = start + len(features) * _steps(features)
            if values is None or odd[start:stop].any():
                yield np.stack([_to_numbers(text, where) for text in features], axis=1)
            else:
                yield values[start:stop].reshape(len(features), -1).T.copy()
            start = stop


def _steps(features):
    return features[0].count(",") + 1


def _without_times(line, where):
    """Leave the stamps out of `(stamp,value),(stamp,value):...:label`. Returns: values of each feature, and the label.

    Stamps may hold colons, so features end with `):`; as in the sparse form of the archives, and as aeon reads it.
    """
    *dimensions, label = re.split(r"\)\s*:", line)
    if label.rstrip().endswith(")"):  # it is no label
        dimensions, label = [*dimensions, label.rstrip()[:-1]], None
    features = []
    for cells in dimensions or [""]:
        pairs = re.split(r"\)\s*,\s*\(", cells.strip().removeprefix("("))
        if not all("," in pair for pair in pairs):
            raise InputError(f"{where}: with @timeStamps true each value stands as (time stamp,value)")
        features.append(",".join(pair.rpartition(",")[2] for pair in pairs))
    return features if label is None else [*features, label]


def _read_header(path, lines):
    """Read up to @data. Returns: dictionary from field name in lower case to its words."""
    header = {}
    for i, line in lines:
        field, *words = line.split() or [""]
        if field.lower() == "@data":
            break
        if field.startswith("@"):
            if field[1:].lower() not in FIELDS:
                raise InputError(f"{path} line {i}: {field[:40]!r} is no header field of the format")
            if not words:
                raise InputError(f"{path} line {i}: header field {field} has no value")
            header[field[1:].lower()] = words
        elif field and not field.startswith(("#", "%")):
            raise InputError(f"{path} line {i}: this is not a .ts header line (they begin with @ or #)")
    else:
        raise InputError(f"{path} has no @data line: it is no .ts file, or it is cut off")
    for field in ("dimensions", "dimension", "serieslength"):
        if field in header and not (header[field][0].isdecimal() and len(header[field][0]) < 20):
            raise InputError(f"{path}: header field @{field} is {header[field][0][:40]!r}, not a whole number")
    return header


def _check_shape(where, header, texts, rows):
    if not texts:
        raise InputError(f"{where} has no values")
    lengths = {text.count(",") + 1 for text in texts}
    if len(lengths) > 1:
        raise InputError(f"{where}: its features differ in length ({min(lengths)} and {max(lengths)})")
    features = header.get("dimensions", header.get("dimension"))
    expected = int(features[0]) if features else 1 if _is_true(header, "univariate") else None
    expected = len(rows[0][1]) if rows else expected or len(texts)
    if len(texts) != expected:
        raise InputError(f"{where} has {counted(len(texts), 'feature')}; {expected} expected")
    if _is_true(header, "equallength"):
        steps = int(header.get("serieslength", [_steps(rows[0][1] if rows else texts)])[0])
        if lengths != {steps}:
            raise InputError(f"{where} has {_steps(texts)} time steps, the header says {steps} for all")
