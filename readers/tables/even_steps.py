"""The line of pandas that makes the steps between time stamps even."""

import numpy as np

from readers.tables.delimited import TEXT_TABLES
from readers.tables.timestamps import UNITS

DAY = UNITS["days"]


def way_to_even_steps(rows, clock, series):
    """Say which line of pandas makes the steps of TableRows even, for the end of a note; nothing where none can.

    Steps that are multiples of the shortest lack rows, which are added; others are resampled to means.
    Parameters: clock, the Clock with time stamps in one column; series, their times, arrays (rows_i,).
    """
    steps = np.concatenate([np.abs(np.diff(times)) / np.timedelta64(1, "s") for times in series])
    text_table = len(rows.tables) == 1 and rows.path.name.lower().endswith(TEXT_TABLES)
    if (
        len(clock.places) != 1
        or isinstance(rows.columns[clock.places[0]], np.ndarray)
        or not text_table
        or not len(steps)
    ):
        return ""
    time, least = rows.names[clock.places[0]], steps.min()
    lacks_rows = least > 0 and np.median(steps) == least and (steps % least == 0).all()
    step = least if lacks_rows else float(f"{np.median(steps):.1g}")
    every = f"{step / DAY:g}D" if step % DAY == 0 else f"{step:g}s" if step >= 1 else f"{1e9 * step:.0f}ns"
    numbers = [
        name for name, column in zip(rows.names, rows.columns) if isinstance(column, np.ndarray) and name != time
    ]
    numbers = [name for name in numbers if name not in rows.sequence]
    groups = f".groupby({rows.sequence})" if rows.sequence else ""
    fill = "asfreq()" if lacks_rows else "mean()"
    read = f"pd.read_csv('{rows.path.name}', index_col='{time}', parse_dates=True)"
    line = f"{read}{groups}[{numbers}].resample('{every}').{fill}"
    what = "; means of even steps are made by"
    if lacks_rows:
        what = "; missing rows are added, empty (with asfreq(fill_value=0) as 0, where none means 0), by"
    return f"{what} python -c \"import pandas as pd; {line}.to_csv('even.csv')\""
