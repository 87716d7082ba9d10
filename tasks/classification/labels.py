"""The labels of classes, as the project writes and sorts them."""

import numpy as np

from core.errors import InputError
from readers.tables.cells import MISSING


def class_order(name):
    """Sort numbers by value (2 before 10), before words, of which nan is one."""
    try:
        number = float(name)
    except ValueError:
        return (1, 0.0, name)
    return (0, number, name) if np.isfinite(number) else (1, 0.0, name)


def class_name(label):
    """Write a label (number, string, boolean) as a string; 1, 1.0 and "1.0000e+00" all become "1"."""
    try:
        number = float(label)
    except ValueError:
        if not str(label).isprintable():
            raise InputError(f"label {str(label)[:40]!r} has characters that cannot be shown") from None
        return str(label)
    if isinstance(label, np.floating) and not number.is_integer():
        raise InputError(f"label {label} is not a whole number: labels name classes (whole numbers or words)")
    return str(int(number)) if number.is_integer() and not isinstance(label, np.bool_) else str(label)


def missing_note(classes):
    """Return a line that names classes called as tables call what is missing, else nothing."""
    found = [name for name in classes if name.strip().lower() in MISSING]
    rows = "leave the sequences out that have no label"
    return [f"{', '.join(map(repr, found))} is learned as a class of its own: {rows}"] if found else []
