"""Figures and lines of a report on transcripts: error rates of characters and words, and what is taken for what."""

from collections import Counter

import numpy as np

from baselines import FREQUENT
from evaluation.intervals import FEWEST, LOWEST, RESAMPLES, interval
from evaluation.verdict import verdict
from reports.text import aligned

CONFUSIONS = 8  # shown
NOTHING = "(nothing)"


def edits(truth, heard):
    """Align two sequences at the least number of edits (Levenshtein 1966).

    Returns: list of (what is true or None, what was heard or None), None for what is not there.
    """
    costs = [np.arange(len(heard) + 1)]
    places = np.arange(len(heard) + 1)
    numbers = {item: k for k, item in enumerate({*truth, *heard})}
    right = np.array([numbers[item] for item in heard], int)
    for item in truth:
        before = costs[-1]
        row = before + 1
        row[1:] = np.minimum(row[1:], before[:-1] + (right != numbers[item]))
        costs.append(np.minimum.accumulate(row - places) + places)  # insertions, all at once
    pairs, i, j = [], len(truth), len(heard)
    while i or j:
        if i and j and costs[i][j] == costs[i - 1][j - 1] + (truth[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((truth[i], heard[j]))
        elif i and costs[i][j] == costs[i - 1][j] + 1:
            i -= 1
            pairs.append((truth[i], None))
        else:
            j -= 1
            pairs.append((None, heard[j]))
    return pairs[::-1]


def count_edits(truths, answers):
    """Return (edits (n,), lengths (n,), Counter of the pairs that differ) of sequences and what was heard."""
    aligned_pairs = [edits(truth, answer) for truth, answer in zip(truths, answers)]
    wrong = [[pair for pair in pairs if pair[0] != pair[1]] for pairs in aligned_pairs]
    confusions = Counter(pair for pairs in wrong for pair in pairs)
    return np.array([*map(len, wrong)]), np.array([*map(len, truths)]), confusions


def resampled(edits, lengths, seed):
    """Return the error rate in RESAMPLES draws of the recordings with replacement (Efron 1979)."""
    draws = np.random.default_rng(seed).integers(0, len(edits), (RESAMPLES, len(edits)))
    return edits[draws].sum(axis=1) / lengths[draws].sum(axis=1)


def score_transcripts(truths, answers, rivals, seed):
    """Compare transcripts (n,) with what was heard (n,). rivals: {name of a baseline: its transcripts (n,)}.

    Returns: dictionary with the character and the word error rate (edits / length of the transcripts, over all), their
    bootstrap intervals over recordings, the CER of each baseline and how much lower the network's is.
    """
    edits_of, lengths, confusions = count_edits(truths, answers)
    words, word_lengths, _ = count_edits([t.split() for t in truths], [a.split() for a in answers])
    draws, figures = resampled(edits_of, lengths, seed), {}
    for name, theirs in rivals.items():
        others = count_edits(truths, theirs)[0]
        lower = interval(resampled(others, lengths, seed) - draws)
        lower = lower if len(truths) >= FEWEST else [LOWEST, -LOWEST]  # so few say nothing
        figures[name] = float(others.sum() / lengths.sum()), lower
    cer = float(edits_of.sum() / lengths.sum())
    return {
        "test_sequences": len(truths),
        "characters": int(lengths.sum()),
        "cer": cer,
        "cer_interval": interval(draws),
        "standard_error": float(draws.std()),
        "wer": float(words.sum() / word_lengths.sum()),
        "wer_interval": interval(resampled(words, word_lengths, seed)),
        "right": float((edits_of == 0).mean()),
        "baselines": {name: rate for name, (rate, _) in figures.items()},
        "differences": {name: {"difference": rate - cer, "interval": lower} for name, (rate, lower) in figures.items()},
        "edits": edits_of.tolist(),
        "confusions": [[t or "", a or "", n] for (t, a), n in confusions.most_common(CONFUSIONS)],
    }


def transcript_lines(figures, examples, frequent):
    """Return the lines of the report. examples: rows of (recording, what is said, what was heard); frequent: the
    transcript that the baseline always gives."""

    def shown(letter):
        return NOTHING if not letter else "(space)" if letter == " " else letter

    confusions = [[shown(t), shown(a), str(n)] for t, a, n in figures["confusions"]]
    (low, high), (wlow, whigh) = figures["cer_interval"], figures["wer_interval"]
    rate, d = figures["baselines"][FREQUENT], figures["differences"][FREQUENT]
    return [
        f"Test recordings: {figures['test_sequences']}, {figures['characters']} characters",
        "",
        aligned(["recording", "what is said", "what was heard"], examples),
        "",
        *([aligned(["character", "heard as", "times"], confusions), ""] if confusions else []),
        f"Without an error: {100 * figures['right']:.0f} % of the recordings",
        f"Word error rate: {figures['wer']:.3f}, 95 % bootstrap interval {wlow:.3f} to {whigh:.3f}",
        f"Test CER: {figures['cer']:.2f}",
        f"Character error rate {figures['cer']:.4f}, 95 % bootstrap interval {low:.3f} to {high:.3f}",
        f"Most frequent transcript: {rate:.2f} (always answering {frequent!r}); the network's is {d['difference']:.3f} "
        f"lower, 95 % interval {d['interval'][0]:+.3f} to {d['interval'][1]:+.3f}",
        verdict(figures, "lower"),
    ]
