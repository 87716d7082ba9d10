"""Numbers that 64-bit floats do not have, as whole ones beyond 2**53: those that are rounded are counted and said."""

import re

import numpy as np

from core.wording import counted_was
from sequences.types import at_once

EXACT = 2**53  # whole numbers from which on float64 has not all of them
# The zeros in front apart: Python turns no more than 4,300 digits into an int.
DIGITS = re.compile(r"[+-]?0*(\d{16,})")


def is_rounded(values):
    """Tell which numbers, an array of any integer dtype or of floats (longdouble has 80 or 128 bits), 64 bits lack."""
    floats = values.astype(np.float64)
    if values.dtype.kind == "f":
        return (floats != values) & ~np.isnan(values)
    limit = float(np.iinfo(values.dtype).max)
    within = floats < limit if limit >= EXACT else np.ones(values.shape, bool)  # else they cannot be turned back
    return ~within | (np.where(within, floats, 0).astype(values.dtype) != values)


def count_rounded_cells(cells):
    """Count the cells, as they are written, that are whole numbers which 64-bit floats do not have."""
    digits = (match[1] for match in map(DIGITS.fullmatch, cells) if match)
    return sum(int(float(number)) != int(number) for number in digits)


def integer_note(name, count):
    """Say that whole numbers of a column or feature were rounded: a list of one line, or none for none."""
    beyond = f"{counted_was(count, 'whole number')} rounded: 64-bit floats do not have all beyond 2**53"
    return [f"{name}: {beyond}"] if count else []


def longdouble_note(name, count):
    """Say that values of more than 64 bits were rounded: a list of one line, or none for none."""
    rounded = f"{counted_was(count, 'value')} rounded to 64-bit floats: longdouble has more digits"
    return [f"{name}: {rounded}"] if count else []


def rounded_value_notes(sequences):
    """Say of which features of Sequences as read, in arrays, values are rounded: a list of lines."""
    first = sequences.x[:1][0] if len(sequences.x) else ""
    if isinstance(first, str) or first.dtype.kind not in "iuf" or first.dtype.itemsize < 8 or first.dtype == np.float64:
        return []
    note = longdouble_note if first.dtype.kind == "f" else integer_note
    counts = np.zeros(first.shape[-1], int)
    size = at_once(first.shape)
    for start in range(0, len(sequences.x), size):
        block = sequences.x[start : start + size]
        for own in block if isinstance(block, list) else [block]:
            counts += is_rounded(own).reshape(-1, len(counts)).sum(axis=0)
    names = sequences.columns or (["the values"] if len(counts) == 1 else [f"feature {k}" for k in range(len(counts))])
    return [line for name, count in zip(names, counts.tolist()) for line in note(name, count)]
