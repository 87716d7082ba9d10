"""Records as tables: `.jsonl`, an object a line, and `.json`, a list of them."""

import json
import re

from core.errors import InputError
from readers.tables.lines import Lines
from readers.tables.table import Table, column_of_values, refuse_wide
from readers.text_files import read_utf8


def read(path):
    """Read records; a value that a record lacks is missing.

    Returns: Table, its words as they are: see readers/tables/table.py with_numbers.
    Raises: InputError, naming the line (in a list the number of the record), for what is no record of single values.
    """
    content, notes = read_utf8(path)
    columns, lines = {}, []
    for line, record in _records(path, content):
        for name, value in record.items():
            values = columns.setdefault(name, [])
            values += [None] * (len(lines) - len(values))
            values.append(value)
        lines.append(line)
        refuse_wide(path, len(columns))
    if not columns:
        raise InputError(f"{path} is empty")
    names = [*map(str.strip, columns)]
    for values in columns.values():
        values += [None] * (len(lines) - len(values))
    columns = [column_of_values(path, name, values, lines) for name, values in zip(names, columns.values())]
    return Table(names, columns, lines, True, notes)


def _records(path, content):
    """Yield (line or number, {name: value}) of each record of a text in UTF-8."""
    if re.match(rb"\s*\[", content):
        records = enumerate(_parse(path, content.decode(), "as .json"), 1)
    else:
        lines = Lines(content)
        lines.refuse_huge(path, range(1, len(lines) + 1))
        records = ((i, _parse(path, line, f"line {i}")) for i, line in enumerate(lines, 1) if line.strip())
    for i, record in records:
        if not isinstance(record, dict):
            raise InputError(
                f"{path} line {i} is no record {{name: value, ...}}: records are needed, one a line or in one list, as "
                'df.to_json(path, orient="records") writes them'
            )
        yield i, record


def _parse(path, text, where):
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} {where} is no JSON: {error}") from error


def _object(pairs):
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("an object has a name twice")
    return record
