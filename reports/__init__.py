"""What a script shows and keeps: figures, lines, tables and pictures. Arrays in, text or PNG out."""

from typing import NamedTuple


class Report(NamedTuple):
    """What a task says of its answers."""

    figures: dict  # of evaluation.json, by name
    lines: list  # of the printed report
    header: list  # of the CSV file of predictions
    rows: list  # of that file: strings
    pictures: dict  # {file name: PNG bytes}
    tables: dict = {}  # {name of another CSV file: (header, rows)}
    examples: tuple | None = None  # (header, rows) of a table of test examples, where they are texts
