"""Records of signals as tables: a column a channel, beside them the label of each row that an annotation gives it.

And what the records of a folder have in common.
"""

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from core.errors import InputError
from core.lazy import lazy
from readers.tables.table import Table

signal = lazy("scipy.signal")

LARGEST_RATIO = 10_000  # of two rates in a record; the filter between them has twenty times as many values
MAX_LEFT_OUT = 1 / 20  # of the records of a folder, for the sake of a channel that the others have


@dataclass(frozen=True)
class Channel:
    """One signal of a record."""

    name: str
    unit: str  # "" where the record says none
    values: np.ndarray  # float64 (samples,), NaN where none was measured
    frequency: int  # samples in each frame of the record


def record_table(path, channels, rate, annotations, notes=()):
    """Make the table of a record, its channels at the highest of their rates.

    Parameters: channels is a list of Channel; rate that of the fastest of them, Hz; annotations {name of the column:
    function from the number of rows to their labels, "" where there is none}.
    Returns: Table. Raises: InputError for rates that are too different, and for a record without samples.
    """
    highest = max(channel.frequency for channel in channels)
    rows = max(len(channel.values) for channel in channels if channel.frequency == highest)
    if not rows:
        raise InputError(f"{path} holds no samples")
    slower = [channel for channel in channels if channel.frequency != highest]
    if any(channel.frequency * LARGEST_RATIO < highest for channel in slower):
        raise InputError(f"{path}: the rates of its channels differ by more than {LARGEST_RATIO:,} times: divide it")
    notes = [f"channels at {rate:g} Hz", *notes]
    if slower:
        kinds = sorted({channel.frequency * rate / highest for channel in slower})
        named = ", ".join(channel.name for channel in slower[:4]) + ", ..." * (len(slower) > 4)
        rates = ", ".join(f"{kind:g}" for kind in kinds)
        notes.append(f"{named}, at {rates} Hz, resampled to the {rate:g} Hz of the fastest channel")
    columns = [_at_rate(channel, highest, rows) for channel in channels]
    labels = {name: label(rows) for name, label in annotations.items()}
    names = _different([f"{channel.name} [{channel.unit}]" if channel.unit else channel.name for channel in channels])
    table = Table([*names, *labels], [*columns, *labels.values()], range(1, rows + 1), True, notes)
    return replace(table, rate=rate, annotations=(*labels,))


def _at_rate(channel, highest, rows):
    """Return the values (rows,) of a Channel at the rate of `highest` samples in a frame."""
    ratio, values = Fraction(highest, channel.frequency), channel.values
    if ratio != 1 and len(values):
        values = signal.resample_poly(values, ratio.numerator, ratio.denominator, padtype="line")
    return np.concatenate([values[:rows], np.full(max(0, rows - len(values)), np.nan)])


def _different(names):
    """Number the names of channels that come twice, and those that have none."""
    seen = Counter()
    for k, name in enumerate(names):
        name = name or "channel"
        seen[name] += 1
        names[k] = f"{name} ({seen[name]})" if seen[name] > 1 else name
    return names


def with_shared_channels(path, tables):
    """Leave out the channels that not all the records have; other tables stay as they are.

    Parameters: tables is a list of (name, Table). Where no channel is in all, the few records without the one that
    most have are left out too. A record without annotations gets empty ones.
    Returns: list of (name, Table). Raises: InputError for records of different rates, and where no channel is left.
    """
    if len(tables) < 2 or any(table.rate is None for _, table in tables):
        return tables
    rates = {table.rate: name for name, table in tables}
    if len(rates) > 1:
        (rate, name), (other_rate, other), *_ = rates.items()
        raise InputError(
            f"{path}: {name} is at {rate:g} Hz and {other} at {other_rate:g} Hz: read them apart, or resample one"
        )
    counts = Counter(name for _, table in tables for name in set(table.names) - set(table.annotations))
    channel, most = max(counts.items(), key=lambda item: item[1])
    lost = [name for name, table in tables if channel not in table.names]
    if len(lost) > MAX_LEFT_OUT * len(tables):
        seen = f"{channel} is in {most} of {len(tables)}, and not in {', '.join(lost[:4])}{', ...' * (len(lost) > 4)}"
        raise InputError(f"{path}: its records have no channel in common: {seen}; take some out of the folder")
    notes = [f"{len(lost)} of {len(tables)} records have no {channel}: left out: {', '.join(lost)}"] if lost else []
    tables = [(name, table) for name, table in tables if channel in table.names]
    kept = [own for own in tables[0][1].names if counts[own] and all(own in table.names for _, table in tables)]
    if dropped := sorted({own for _, table in tables for own in table.names if counts[own]} - {*kept}):
        shown = f"{', '.join(dropped[:8])}{', ...' * (len(dropped) > 8)}"
        notes.append(f"channels that not all records have, left out: {shown}")
    annotations = tuple(dict.fromkeys(own for _, table in tables for own in table.annotations))
    alike = []
    for name, table in tables:
        columns = dict(zip(table.names, table.columns))
        columns = [columns.get(own, [""] * len(table.lines)) for own in (*kept, *annotations)]
        fields = {"names": [*kept, *annotations], "columns": columns, "annotations": annotations}
        alike.append((name, replace(table, notes=[*table.notes, *notes], **fields)))
    return alike
