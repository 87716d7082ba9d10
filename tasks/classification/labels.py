"""The labels of classes, as the project writes and sorts them."""

from collections import Counter
from unicodedata import category

import numpy as np

from core.errors import InputError
from readers.tables.cells import MISSING, is_plain_number
from sequences.types import FASTTEXT

SEPARATORS = ("|", ";", ",", " ")  # of several labels in one cell, the first that is found divides them


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
    if not all(letter.isprintable() or category(letter) == "Zs" for letter in str(label)):  # blanks of any width
        raise InputError(f"label {str(label)[:40]!r} has characters that cannot be shown: write it without them")
    return str(label)


def missing_note(classes):
    """Return a line that names classes called as tables call what is missing, else nothing."""
    found = [name for name in classes if name.strip().lower() in MISSING]
    rows = f"if it means that there is no label, IGNORE_LABELS = {found!r} leaves those sequences out"
    return [f"{', '.join(map(repr, found))} is learned as a class of its own: {rows}"] if found else []


def split_tags(label, separator):
    """Return the labels that a cell joins, sorted: "drama,comedy", fastText's "__label__x __label__y", "['a', 'b']"."""
    tags = {tag.strip(" []'\"").removeprefix(FASTTEXT) for tag in str(label).split(separator)}
    return sorted(tags - {""}, key=class_order)


def joined_note(classes):
    """Return a line that asks whether classes such as "drama,comedy" are several labels at once, else nothing."""
    for separator in SEPARATORS[:-1]:
        parts = [split_tags(name, separator) for name in classes]
        counts = Counter(part for own in parts for part in own)
        joined = [name for name, own in zip(classes, parts) if len(own) > 1 and min(counts[tag] for tag in own) > 1]
        if joined:
            return [f'is {joined[0]!r} several labels at once? TASK = "multilabel" learns each; here it is one class']
    return []
