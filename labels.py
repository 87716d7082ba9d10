"""Labels as files write them, class names, and class numbers."""

import numpy as np

from checks import InputError


def learn_classes(labels):
    """Return the sorted class names of the training labels (n,): strings, whole numbers without a decimal point.

    Raises InputError for fewer than two classes, labels that are a class of their own each, or measurements.
    """
    classes = sorted(set(map(class_name, np.unique(labels))), key=_class_order)
    if len(classes) < 2:
        raise InputError(f"the training part holds one class only ({classes[0]}): at least two are needed")
    if len(classes) > 2 and len(classes) == len(labels):
        raise InputError(f"each of the {len(labels)} training labels is a class of its own: nothing can be learned")
    return classes


def _class_order(name):
    """Sort numbers by value (2 before 10), before words."""
    try:
        return (0, float(name), name)
    except ValueError:
        return (1, 0.0, name)


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


def encode(labels, classes, part):
    """Number the labels (n,) by their place in `classes`; raise InputError for one that training has never seen."""
    unique, inverse = np.unique(labels, return_inverse=True)
    names = [class_name(label) for label in unique]
    unseen = sorted(set(names) - set(classes))
    if unseen:
        raise InputError(f"the {part} part has the label {unseen[0]!r}, unknown to the training part: {classes}")
    return np.array([classes.index(name) for name in names], dtype=np.int64)[inverse]
