"""What the network looks at: permutation importance (Breiman 2001), for any architecture."""

import numpy as np

from core.progress import tracked
from sequences.types import Split
from sequences.vocabulary import token_ids, tokenize

SHUFFLES = 4  # shuffles of each group, for the spread
MAX_SEQUENCES = 200  # of the test set that are shuffled
MAX_BYTES = 256 * 2**20  # of shuffled copies that are predicted at once
FEATURE_GROUPS = 20  # of neighbouring features at most; each is shuffled and shown
TIME_GROUPS = 10  # of neighbouring time steps
TEXTS = 5  # test texts whose words are left out
FIRST_WORDS = 40  # of a text
TOP_WORDS = 3  # of a text that are shown


def permutation_importance(answer, task, data, seed):
    """Shuffle features, or a tenth of the time steps, among the test sequences: how much of the score is lost?

    Features of frames have no names and go by hundreds: time steps alone are shuffled.
    Parameters: answer, function from a Split to the network's answers, as the task decodes them.
    Returns: two dictionaries, of features and of time steps, {name: (mean of the score lost, its standard deviation
    over SHUFFLES shuffles)}: positive where the score gets worse, of an RMSE its increase.
    """
    rng, test = np.random.default_rng(seed), data.test
    chosen = np.sort(rng.permutation(len(test))[:MAX_SEQUENCES])
    x = test.take(chosen)
    unit = None if test.unit is None else test.unit[chosen]
    truth = Split(x, test.y[chosen], np.arange(len(x)), unit=unit, dtype=test.dtype)
    features = neighbour_groups(x.shape[-1], FEATURE_GROUPS, data.sequences.columns) if test.frames is None else {}
    times = neighbour_groups(x.shape[1], TIME_GROUPS)
    indices = [(..., group) for group in features.values()] + [(slice(None), group) for group in times.values()]
    repeated = [index for index in indices for _ in range(SHUFFLES)]
    at_once, scores = max(1, MAX_BYTES // x.nbytes), [_scores(answer, task, [x], truth)]
    for start in tracked(range(0, len(repeated), at_once), "Shuffling features and time steps"):
        copies = [_shuffled(x, index, rng) for index in repeated[start : start + at_once]]
        scores.append(_scores(answer, task, copies, truth))
    (unshuffled, *shuffled), sign = np.concatenate(scores), 1 if task.better == "higher" else -1
    lost = sign * (unshuffled - np.reshape(shuffled, (len(indices), SHUFFLES)))
    pairs = list(zip(lost.mean(axis=1).tolist(), lost.std(axis=1, ddof=1).tolist()))
    return dict(zip(features, pairs)), dict(zip(times, pairs[len(features) :]))


def _shuffled(x, index, rng):
    """Return a copy of sequences in which the values at `index` come from other sequences among them."""
    copy = x.copy()
    copy[index] = x[rng.permutation(len(x))][index]
    return copy


def _scores(answer, task, copies, truth):
    """Return the score (copies,) of each copy of the sequences of `truth`, a Split."""
    together = Split(np.concatenate(copies), None, np.arange(len(truth) * len(copies)), dtype=truth.dtype)
    answers = np.array_split(answer(together), len(copies))
    return np.array([task.score(truth, each) for each in answers])


def neighbour_groups(count, most, names=None):
    """Divide `count` features or time steps into `most` groups of neighbours at most. Returns: {name: slice}."""
    bounds = np.unique(np.linspace(0, count, min(count, most) + 1).astype(int))
    names = names or [str(k) for k in range(count)]
    pairs = zip(bounds, bounds[1:])
    return {names[a] if b - a == 1 else f"{names[a]} to {names[b - 1]}": slice(a, b) for a, b in pairs}


def word_importance(answer, task, data):
    """Leave out each word of the first test texts: how much less probable does the answer become?

    Returns: (list of dictionaries with "text", "answer" (the name of the class), and "words", the TOP_WORDS that matter
    most, [(word, probability lost)]; list of all words of each text, in the same form).
    """
    classes, texts = task.classes, [data.test.names[row] for row in data.test.rows[:TEXTS]]
    vocabulary, steps = data.preparation.vocabulary, data.preparation.steps
    found, every = [], []
    for text in tracked(texts, "Leaving out words, texts"):
        words = tokenize(text)[: min(steps, FIRST_WORDS)]
        variants = [" ".join(words[:k] + words[k + 1 :]) for k in range(len(words))]
        x = token_ids([" ".join(words), *variants], vocabulary, steps)
        whole, *without = answer(Split(x, None, np.arange(len(x))))
        predicted = whole.argmax()
        lost = [float(whole[predicted] - probabilities[predicted]) for probabilities in without]
        every.append(list(zip(words, lost)))
        top = sorted(range(len(words)), key=lambda k: -lost[k])[:TOP_WORDS]
        found.append({"text": text, "answer": classes[predicted], "words": [(words[k], lost[k]) for k in top]})
    return found, every
