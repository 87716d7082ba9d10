"""What the label of a window is, where every row has one (WINDOW_LABEL), and whether a column gives it away.

"all": the label of all rows, else the window is left out; "last": that of the last row; "any": the rarest among its
rows; "most": the most frequent, of equally frequent ones the later.
"""

from dataclasses import dataclass

import numpy as np

from core.lazy import lazy
from core.wording import counted, counted_of, format_percent
from sequences.ignored_labels import are_ignored, are_unlabelled, numbered

tree = lazy("sklearn.tree")

NO_LABEL, MIXED, IGNORED = -1, -2, -3  # codes of windows that are left out; of rows -1 and -3
OTHERS = 'WINDOW_LABEL = "last", "any" or "most" keeps them'
# A column gives labels away if thresholds go wrong in so few of the windows that are looked at, and in so few of those
# that the majority class misses; there must be some of these.
SAMPLED, MAX_ERRORS, MAX_OF_OTHERS, MIN_OTHERS = 2000, 0.005, 0.2, 10


@dataclass(frozen=True)
class RowLabels:
    """The labels of rows, one recording after another: that of row k is labels[codes[k]], none below 0."""

    labels: np.ndarray  # (classes,) or (combinations, labels), sorted
    codes: np.ndarray  # (rows,)

    @classmethod
    def of(cls, y, ignored=None):
        """Number the labels y, a list of arrays (time_i,) or (time_i, labels), some of which are none, as NaN.

        ignored: IGNORE_LABELS, labels the rows of which are in no window.
        """
        y = np.concatenate(y)
        known = ~are_unlabelled(y).reshape(len(y), -1).any(axis=1)
        codes = np.full(len(y), NO_LABEL)
        labels, numbers = numbered(y[known])
        left_out = are_ignored(labels, ignored)
        codes[known] = np.where(left_out, IGNORED, np.cumsum(~left_out) - 1)[numbers]
        return cls(labels[~left_out], codes)

    def are_points(self):
        """Tell whether labels stand at single rows: hardly one follows another."""
        labelled = self.codes != NO_LABEL
        return bool(0 < labelled.sum() >= 2 * (labelled[1:] & labelled[:-1]).sum())

    def of_windows(self, starts, ends, rule, rarity):
        """Return the codes (n,) of windows from row `starts` to before row `ends` (n,): NO_LABEL or MIXED have none.

        rule: WINDOW_LABEL, or None for the last row's number; rarity: the codes from the most frequent to the rarest.
        """
        found = self._by_rule(starts, ends, rule, rarity)
        until = np.concatenate([[0], np.cumsum(self.codes == IGNORED)])
        return np.where(until[ends] > until[starts], IGNORED, found)

    def _by_rule(self, starts, ends, rule, rarity):
        if rule in (None, "last"):
            return self.codes[ends - 1]
        if rule == "all":
            changes = np.concatenate([[0], np.cumsum(self.codes[1:] != self.codes[:-1])])
            return np.where(changes[starts] != changes[ends - 1], MIXED, self.codes[ends - 1])
        found, best, rows = np.full(len(starts), NO_LABEL), np.zeros(len(starts)), np.arange(len(self.codes))
        for code in rarity:
            present = self.codes == code
            until = np.concatenate([[0], np.cumsum(present)])
            count = until[ends] - until[starts]
            last = np.maximum.accumulate(np.where(present, rows, -1))[ends - 1]
            score = count + (last - starts + 1) / (ends - starts + 1)  # the later of equally frequent ones is ahead
            wins = count > 0 if rule == "any" else score > best
            found[wins], best[wins] = code, score[wins]
        return found

    def rarity(self, rows, usual=None):
        """Return the codes from the most frequent to the rarest among the first `rows` rows.

        usual: what the label is called that comes first, however frequent it is.
        """
        known = self.codes[:rows]
        counts = np.bincount(known[known >= 0], minlength=len(self.labels))
        if usual is not None:
            names = self.named(np.arange(len(self.labels))).tolist()
            counts[np.array([str(name) == usual for name in names], bool)] = len(self.codes) + 1
        return np.argsort(-counts, kind="stable")

    def before(self, last, first):
        """Return the code of the last label before row `last` (n,) and not before row `first` (n,), of a recording.

        Where there is none, it is the most frequent label's.
        """
        labelled = np.maximum.accumulate(np.where(self.codes >= 0, np.arange(len(self.codes)), -1))
        rows = labelled[np.maximum(last - 1, 0)]
        usual = np.bincount(self.codes[self.codes >= 0]).argmax()
        return np.where((rows >= first) & (rows < last), self.codes[rows], usual)

    def named(self, codes):
        """Return the labels (n,) of codes; decimals that are whole are whole numbers."""
        labels = self.labels[codes]
        if labels.dtype.kind == "f" and (labels == np.round(labels)).all():
            labels = labels.astype(np.int64)
        return labels

    def rule_notes(self, rule, rarity, starts, ends, unit="window"):
        """Say what the label of a window is, in a list of one line or none. Parameters: see of_windows."""
        if rule not in (None, "all") and MIXED not in self._by_rule(starts, ends, "all", rarity):
            return [f'WINDOW_LABEL = "{rule}" is without effect: all rows of a {unit} have the same label, or none']
        rarest = ", then ".join(repr(label) for label in self.labels[rarity[::-1]].tolist()[:4])
        text = {
            "last": "that of its last row",
            "any": f"the rarest among its rows: {rarest}",
            "most": "the most frequent among its rows, of equally frequent ones the later",
        }
        return [f'the label of a {unit} is {text[rule]} (WINDOW_LABEL = "{rule}")'] if rule in text else []

    def missing_notes(self, size, codes, rule):
        """Say which labels none of the windows of `size` rows, whose codes (n,) are given, has: a line each."""
        if rule is None:
            return []
        notes, present = [], self.codes[self.codes >= 0]
        runs = np.split(present, np.flatnonzero(present[1:] != present[:-1]) + 1)
        for code in np.setdiff1d(present, codes):
            longest = counted(max(len(run) for run in runs if run[0] == code), "row")
            label = self.labels[code : code + 1].tolist()[0]
            why = f"is all {label!r}: its longest run has {longest}" if rule == "all" else f"has the label {label!r}"
            notes.append(f"no window of {size} rows {why}")
        return notes


def mixed_notes(mixed, n):
    """Say how many of n windows are left out. Returns: (notes, cautions), one line in one of them or none."""
    if not mixed:
        return [], []
    line = f"{counted_of(mixed, n, 'window', 'have')} rows of more than one label: left out; {OTHERS}"
    if 2 * mixed <= n or mixed == n:
        return [line], []
    return [], [f"{line}. The score is of the other {n - mixed}, far from any change of label: an easier task"]


def giveaway_cautions(rows, codes, columns):
    """Say which column of a row tells its label by one threshold or a few, in a list of one line or none.

    Parameters: rows (n, features) are the last ones of training windows, codes (n,) of their labels; columns, the names
    of the features, or None.
    """
    places = np.unique(np.linspace(0, len(codes) - 1, SAMPLED).astype(int))
    rows, codes = rows[places], codes[places]
    classes, counts = np.unique(codes, return_counts=True)
    others = len(codes) - counts.max()
    if others < MIN_OTHERS:
        return []
    names, shares = [], []
    for k, values in enumerate(rows.T):
        model = tree.DecisionTreeClassifier(max_leaf_nodes=len(classes) + 1, random_state=0)
        wrong = (model.fit(values[:, None], codes).predict(values[:, None]) != codes).sum()
        if wrong <= min(MAX_ERRORS * len(codes), MAX_OF_OTHERS * others):
            names.append(f"column {columns[k]}" if columns else f"feature {k}")
            shares.append(1 - wrong / len(codes))
    if not names:
        return []
    also = f" (so {'does' if len(names) == 2 else 'do'} {', '.join(names[1:4])})" if len(names) > 1 else ""
    return [
        f"{names[0]} of the same row alone tells the label, by thresholds, in {format_percent(shares[0])} of the "
        f"training set{also}: if it is known before the label is, that takes no network; if not, scores promise too "
        "much, and IGNORE leaves it out"
    ]
