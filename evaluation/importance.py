"""What the network looks at: permutation importance (Breiman 2001), for any architecture."""

import numpy as np

from core.progress import tracked
from sequences.types import Split
from sequences.vocabulary import token_ids, tokenize

PREDICTIONS = 2  # of the test set, whose time the shuffled sequences may take: so many are shuffled for each group
MIN_SEQUENCES, MAX_SEQUENCES = 40, 200  # of the test set that are shuffled
FOLDS = 10  # of these, left out in turn for the standard error
MAX_BYTES = 64 * 2**20  # of shuffled copies that are predicted at once
FEATURE_GROUPS = 20  # of neighbouring features at most; each is shuffled and shown
TIME_GROUPS = 10  # of neighbouring time steps
TEXTS = 5  # test texts whose words are left out
FIRST_WORDS = 40  # of a text
TOP_WORDS = 3  # of a text that are shown
CERTAIN = 1e-7  # no 32-bit probability comes nearer to 1


def permutation_importance(answer, answers, task, data, c):
    """Shuffle features, or a tenth of the time steps, among the test sequences: how much of the score is lost?

    Features of frames have no names and go by hundreds, and of a single one there is nothing to compare: time steps
    alone are shuffled. With STANDARDISE = "sequence" values are brought to the level and deviation of the sequence that
    they come into: levels say nothing there.
    Parameters: answer, function from a Split to the network's answers, as the task decodes them; answers, those of the
    test set. Each group is shuffled once among many sequences rather than several times among few.
    Returns: two dictionaries, of features and of time steps, {name: (score lost, its standard error)}: positive where
    the score gets worse, of an RMSE its increase.
    """
    rng, test = np.random.default_rng(c.SEED), data.test
    features, times = groups_of_inputs(test, data.sequences.columns)
    indices = [(..., group) for group in features.values()] + [(slice(None), group) for group in times.values()]
    chosen = np.sort(rng.permutation(len(test))[: count_shuffled(test)])
    x = np.asarray(test.all_x[test.rows[chosen]])  # not test.take, whose numbers take four times what pixels do
    unit = None if test.unit is None else test.unit[chosen]
    truth = Split(x, test.y[chosen], np.arange(len(x)), unit=unit, dtype=test.dtype)
    at_once, scores = max(1, MAX_BYTES // x.nbytes), [_scores(task, answers[chosen], truth)]
    for start in tracked(range(0, len(indices), at_once), "Shuffling features and time steps"):
        own_scales = c.STANDARDISE == "sequence" and test.frames is None
        copies = shuffled(x, indices[start : start + at_once], rng, own_scales)
        found = answer(
            Split(copies.reshape(-1, *x.shape[1:]), None, np.arange(copies.size // x[0].size), dtype=test.dtype)
        )
        scores += [_scores(task, own, truth) for own in np.array_split(found, len(copies))]
    lost = (scores[0] - np.array(scores[1:])) * (1 if task.better == "higher" else -1)
    pairs = list(zip(lost[:, 0].tolist(), jackknife_error(lost[:, 1:]).tolist()))
    return dict(zip(features, pairs)), dict(zip(times, pairs[len(features) :]))


def groups_of_inputs(test, columns):
    """Return the groups of features of a test Split that are shuffled, and those of time steps: {name: slice}."""
    several = test.frames is None and test.shape[-1] > 1
    features = neighbour_groups(test.shape[-1], FEATURE_GROUPS, columns) if several else {}
    return features, neighbour_groups(test.shape[0], TIME_GROUPS)


def count_shuffled(test):
    """Return how many sequences of the test Split are shuffled among each other."""
    groups = sum(map(len, groups_of_inputs(test, None)))
    return min(len(test), MAX_SEQUENCES, max(MIN_SEQUENCES, PREDICTIONS * len(test) // groups))


def _scores(task, answers, truth):
    """Return the score of all answers (n,), and those without each of FOLDS of them: (1 + folds,)."""
    n = len(answers)
    kept = [np.arange(n), *(np.flatnonzero(np.arange(n) % FOLDS != fold) for fold in range(FOLDS) if 1 < n > fold)]
    return np.array([task.score(truth.select(places), answers[places]) for places in kept])


def jackknife_error(without):
    """Return the standard error of estimates (k,) from those without each of some folds (k, folds) (Efron 1982)."""
    folds = without.shape[1]
    return np.sqrt(max(0, folds - 1) * without.var(axis=1)) if folds else np.zeros(len(without))


def shuffled(x, indices, rng, own_scales):
    """Return copies of sequences, (copies, n, ...); in each the values at an index come from others among them.

    own_scales: with the mean and deviation over time of the sequence that they come to, where sequences have their own.
    """
    copies = np.repeat(x[None], len(indices), axis=0)
    if own_scales:
        mean, deviation = x.mean(axis=1, keepdims=True), x.std(axis=1, keepdims=True)
        deviation[deviation == 0] = 1
    for copy, index in zip(copies, indices):
        others = rng.permutation(len(x))
        moved = x[others] if not own_scales else (x[others] - mean[others]) / deviation[others] * deviation + mean
        copy[index] = moved[index]
    return copies


def neighbour_groups(count, most, names=None):
    """Divide `count` features or time steps into `most` groups of neighbours at most. Returns: {name: slice}."""
    bounds = np.unique(np.linspace(0, count, min(count, most) + 1).astype(int))
    names = names or [str(k) for k in range(count)]
    pairs = zip(bounds, bounds[1:])
    return {names[a] if b - a == 1 else f"{names[a]} to {names[b - 1]}": slice(a, b) for a, b in pairs}


def word_importance(answer, task, data):
    """Leave out each word of the first test texts: how much less probable does the answer become?

    Returns: (list of dictionaries with "text", "true" and "answer" (names of classes), "probability" of the answer, and
    "words", the TOP_WORDS that matter most, [(word, probability lost)]; list of all words of each text, [(word, log
    odds lost)]: of an answer that is nearly certain the probability hardly moves).
    """
    classes, texts = task.classes, [data.test.names[row] for row in data.test.rows[:TEXTS]]
    _, true = task.examples(data, TEXTS)
    vocabulary, steps = data.preparation.vocabulary, data.preparation.steps
    found, every = [], []
    for text, own in zip(tracked(texts, "Leaving out words, texts"), true):
        words = tokenize(text)[: min(steps, FIRST_WORDS)]
        variants = [" ".join(words[:k] + words[k + 1 :]) for k in range(len(words))]
        x, _ = token_ids([" ".join(words), *variants], vocabulary, steps)
        answers = answer(Split(x, None, np.arange(len(x))))
        predicted = answers[0].argmax()
        whole, *without = answers[:, predicted].tolist()
        odds = log_odds(answers[:, predicted])
        every.append(list(zip(words, (odds[0] - odds[1:]).tolist())))
        top = np.argsort(odds[1:], kind="stable")[:TOP_WORDS]
        found.append({"text": text, "true": own, "answer": classes[predicted], "probability": whole})
        found[-1]["words"] = [(words[k], whole - without[k]) for k in top]
    return found, every


def log_odds(probabilities):
    """Return the logarithms of the odds of probabilities (n,)."""
    return np.log(np.maximum(probabilities, CERTAIN) / np.maximum(1 - probabilities, CERTAIN))
