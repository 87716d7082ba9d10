"""The labels of classes, as the project writes and sorts them."""

import numpy as np

from core.errors import InputError
from readers.tables.cells import MISSING, is_plain_number


def class_order(name):
    """Sort numbers by value (2 before 10), before words, of which nan is one."""
    number = float(name) if is_plain_number(name) else np.nan
    return (0, number, name) if np.isfinite(number) else (1, 0.0, name)


def class_name(label):
    """Write a label (number, string, boolean) as a string: words as they are, the numbers 1 and 1.0 as "1"."""
    if isinstance(label, np.floating):
        if not label.is_integer():
            raise InputError(f"label {label} is not a whole number: labels name classes (whole numbers or words)")
        return str(int(label))
    if not str(label).isprintable():
        raise InputError(f"label {str(label)[:40]!r} has characters that cannot be shown")
    return str(label)


def missing_note(classes):
    """Return a line that names classes called as tables call what is missing, else nothing."""
    found = [name for name in classes if name.strip().lower() in MISSING]
    rows = "leave the sequences out that have no label"
    return [f"{', '.join(map(repr, found))} is learned as a class of its own: {rows}"] if found else []
