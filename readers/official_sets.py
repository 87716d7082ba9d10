"""Official sets of files: train and test, and where a data set has one, a validation set of its own."""

from readers.tables.labelled_time_steps import split_at
from sequences.splits import with_validation
from sequences.types import SPLITS


def divide(sequences):
    """Divide Sequences by their `splits` (n,): the test set stands behind the others.

    Returns: (Sequences, with splits where some are the official validation set; Sequences of the test set or None).
    """
    if sequences.splits is None:
        return sequences, None
    n = int((sequences.splits != SPLITS.index("test")).sum())
    if n == len(sequences.splits):
        return sequences.replace(splits=None), None
    train, test = split_at(sequences, n)
    validation = train.splits == SPLITS.index("validation")
    train = with_validation(train, validation) if validation.any() else train.replace(splits=None)
    return train, test.replace(splits=None)
