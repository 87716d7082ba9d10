"""Folds of a cross-validation: each sequence, or each group of them, is held out once."""

import warnings
from typing import NamedTuple

import numpy as np

from core.errors import InputError
from core.lazy import lazy

model_selection = lazy("sklearn.model_selection")


class Fold(NamedTuple):
    """One of several folds."""

    number: int  # from 0
    of: int
    name: str  # of the group that it holds out, or its number


def make_folds(train, test, c, folds, groups):
    """Return the folds that FOLDS makes, a list of Fold; of None, for seeds, where the test set is given.

    Parameters: train and test, Sequences as read; groups, names of the groups or recordings, in the order of
    `fold_test_rows`, or None. Raises: InputError where FOLDS is "groups" and there are none.
    """
    given = test is not None or c.TEST_FILES is not None or any(train.held_out or [])
    if folds == "groups" and (given or groups is None):
        more = "set GROUP, or bring recordings, two or more of each class"
        why = "the data have a test set of their own, set a number" if given else more
        raise InputError(f'FOLDS = "groups" is impossible: {why}')
    if folds == "groups" and len(groups) < 2:
        raise InputError(f'FOLDS = "groups" is impossible: there is one group alone, {groups[0]!r}')
    if given:
        return [None] * folds
    names = groups if folds == "groups" else range(1, folds + 1)
    return [Fold(k, len(names), str(name)) for k, name in enumerate(names)]


def fold_test_rows(rows, labels, groups, fold, stratify, seed):
    """Return the row numbers that a fold holds out, whole groups where there are any. Raises InputError for too few.

    Classes are stratified; the folds of groups are as even as scikit-learn can make them.
    """
    if groups is None and fold.of == len(rows):  # each sequence once
        return rows[[fold.number]]
    try:
        if groups is not None:
            if fold.of == len(set(groups[rows])):  # each group once, in the order of their names
                return rows[groups[rows] == np.unique(groups[rows])[fold.number]]
            parts = model_selection.GroupKFold(fold.of).split(rows, groups=groups[rows])
        elif stratify:
            classes, counts = np.unique(labels[rows], return_counts=True)
            if counts.min() < 2:
                raise InputError(f"class {str(classes[counts.argmin()])!r} has one sequence: two are needed for folds")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of classes with fewer sequences than folds
                parts = list(
                    model_selection.StratifiedKFold(fold.of, shuffle=True, random_state=seed).split(rows, labels[rows])
                )
        else:
            parts = model_selection.KFold(fold.of, shuffle=True, random_state=seed).split(rows)
        return rows[list(parts)[fold.number][1]]
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"FOLDS = {fold.of} is impossible for these data: {error}") from error


def series_fold_lengths(rows, fold):
    """Return (rows of a series that a fold sees, those at the end that it holds out): its past alone trains it.

    As scikit-learn's TimeSeriesSplit: of FOLDS + 1 stretches each but the first is held out once.
    """
    length = rows // (fold.of + 1)
    if not length:  # too short: for training alone
        return rows, 0
    return rows - (fold.of - 1 - fold.number) * length, length
