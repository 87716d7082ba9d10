"""What the network looks at: permutation importance (Breiman 2001), for any architecture."""

import numpy as np

from sequences.types import Split
from sequences.vocabulary import numbers_of, words_of

SHUFFLES = 4  # of each feature and time, for the spread
MOST_SEQUENCES = 200  # of the test set that are shuffled at most
BYTES = 256 * 2**20  # of shuffled copies that are predicted at once
FEATURE_GROUPS = 20  # shown at most: more are shuffled in groups of neighbours
TEXTS = 5  # test texts whose words are looked at
FIRST_WORDS = 40  # of a text
SHOWN = 3  # words of a text that are shown
TIME_GROUPS = 10  # groups of neighbouring time steps


def importance(answer, data, seed):
    """Shuffle a feature, or a tenth of the time steps, among the test sequences: how much of the score is lost?

    answer: function from a Split to the network's answers, as the task decodes them.
    Returns: two dictionaries, of features and of time steps, {name: (mean of the score lost, its standard deviation
    over SHUFFLES shuffles)}; a loss is positive whether the score is better when higher or when lower.
    """
    task, rng = data.task, np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(len(data.test))[:MOST_SEQUENCES])
    x, test = data.test.take(chosen), data.test
    truth = Split(x, test.y[chosen], np.arange(len(x)), unit=None if test.unit is None else test.unit[chosen])
    features = groups(x.shape[-1], FEATURE_GROUPS, data.sequences.columns)
    times = groups(x.shape[1], TIME_GROUPS)
    picks = [(..., group) for _, group in features] + [(slice(None), group) for _, group in times]
    at_once, picked = max(1, BYTES // x.nbytes), [pick for pick in picks for _ in range(SHUFFLES)]
    scores = [_scores(answer, data, [x], truth)]
    for start in range(0, len(picked), at_once):
        copies = [_shuffled(x, pick, rng) for pick in picked[start : start + at_once]]
        scores.append(_scores(answer, data, copies, truth))
    (whole, *shuffled), sign = np.concatenate(scores), 1 if task.better == "higher" else -1
    lost = sign * (whole - np.reshape(shuffled, (len(picks), SHUFFLES)))
    pairs = list(zip(lost.mean(axis=1).tolist(), lost.std(axis=1, ddof=1).tolist()))
    return (
        {name: pair for (name, _), pair in zip(features, pairs)},
        {name: pair for (name, _), pair in zip(times, pairs[len(features) :])},
    )


def _shuffled(x, pick, rng):
    """Return sequences in which the values at `pick` come from other ones of them."""
    copy = x.copy()
    copy[pick] = x[rng.permutation(len(x))][pick]
    return copy


def _scores(answer, data, copies, truth):
    """Return the score of each copy (copies,) of the sequences of `truth`, a Split."""
    part = Split(np.concatenate(copies), None, np.arange(len(truth) * len(copies)))
    answers = np.array_split(answer(part), len(copies))
    return np.array([data.task.score_of(truth, own, data.state) for own in answers])


def groups(count, most, names=None):
    """Divide places into `most` groups of neighbours at most. Returns: a list of (name, slice)."""
    bounds = np.unique(np.linspace(0, count, min(count, most) + 1).astype(int))
    names = names or [str(place) for place in range(count)]
    pairs = zip(bounds, bounds[1:])
    return [(names[a] if b - a == 1 else f"{names[a]} to {names[b - 1]}", slice(a, b)) for a, b in pairs]


def word_importance(answer, data):
    """Leave out each word of the first test texts: how much less probable does the answer become?

    Returns: list of dictionaries with "text", "answer" (the name of the class), and "words", the SHOWN that matter
    most, [(word, probability lost)].
    """
    state, texts = data.state, [data.test.names[row] for row in data.test.rows[:TEXTS]]
    vocabulary, steps, found = data.preparation["vocabulary"], data.preparation["steps"], []
    for text in texts:
        words = words_of(text)[: min(steps, FIRST_WORDS)]
        variants = [" ".join(words[:k] + words[k + 1 :]) for k in range(len(words))]
        x = numbers_of([" ".join(words), *variants], vocabulary, steps)
        whole, *without = answer(Split(x, None, np.arange(len(x))))
        lost = [float(whole.max() - own[whole.argmax()]) for own in without]
        most = sorted(range(len(words)), key=lambda k: -lost[k])[:SHOWN]
        found.append(
            {"text": text, "answer": state["classes"][whole.argmax()], "words": [(words[k], lost[k]) for k in most]}
        )
    return found
