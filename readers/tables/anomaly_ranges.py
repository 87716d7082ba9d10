"""Times at which a series is anomalous, in JSON: {file: [[first, last], ...]}, as the NAB has them."""

import json
from dataclasses import replace

import numpy as np

from core.errors import InputError
from core.files import project_path, read_text
from core.wording import counted
from readers.tables.label_file import file_forms
from readers.tables.timed_labels import read_seconds, signal_seconds

NAMES = "normal", "anomaly"  # the label of rows outside and inside the ranges


def holds_ranges(c):
    """Tell whether LABEL_FILE names a JSON file of ranges."""
    path = project_path(c.LABEL_FILE, "LABEL_FILE")
    if not path.name.lower().endswith(".json") or not path.is_file():
        return False
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and bool(found) and all(isinstance(own, list) for own in found.values())


def with_ranges(path, tables, c):
    """Join the labels NAMES to tables: see with_labels, whose results this returns.

    Raises: InputError for a file that the JSON does not name, and for times that cannot be compared.
    """
    file = project_path(c.LABEL_FILE, "LABEL_FILE")
    of_files, joined, count = json.loads(read_text(file)), [], 0
    for name, table in tables:
        own_name = path.name if len(tables) == 1 else str(name)
        forms = {form for (form,) in file_forms((own_name,))}
        keys = [key for key in of_files if forms & {form for (form,) in file_forms((key,))}]
        if len(keys) != 1:
            many = f"names {len(keys)} files like" if keys else "does not name"
            raise InputError(f"{file} {many} {own_name}: its ranges must stand there under the name of the file")
        times = signal_seconds(name, table.names, table.columns, None)
        if times is None:
            raise InputError(f"{own_name} has no column of times, by which {file.name} says what is an anomaly")
        inside = np.zeros(len(table.lines), bool)
        for given in of_files[keys[0]]:
            bounds = read_seconds("start", [str(own) for own in given]) if isinstance(given, list) else None
            if bounds is None or len(given) != 2 or bounds.kind != times.kind:
                raise InputError(f"{file}: {keys[0]} has {str(given)[:60]}, which is no range of two times as the data")
            inside |= (times.values >= bounds.values[0]) & (times.values <= bounds.values[1])
        count += int(inside.sum())
        labels = [NAMES[own] for own in inside.astype(int)]
        joined.append((name, replace(table, names=[*table.names, "label"], columns=[*table.columns, labels])))
    note = f"{file.name}: {counted(count, 'row')} lie in its ranges, and are labelled {NAMES[1]!r}"
    return joined, c.changed(LABEL="label"), [note]
