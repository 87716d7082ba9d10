"""What a script shows and keeps: lines, tables, pictures and pages. Arrays and figures in, text, PNG or HTML out."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Report:
    """What a task says of its answers."""

    figures: dict  # of evaluation.json, by name
    lines: list  # of the printed report
    header: list  # of the CSV file of predictions
    rows: list  # of that file: strings
    pictures: dict  # {file name: PNG bytes}
    tables: dict = field(
        default_factory=dict
    )  # {name of another CSV file: (header, rows)}, for programs: its texts stay as they are
    score: str = ""  # the line that says the main score, which the printed report ends with
    examples: tuple | None = None  # (header, rows) of a table of test examples, where they are texts
