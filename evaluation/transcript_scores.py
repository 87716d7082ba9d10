"""Scores of transcripts: error rates of characters and words, and which letter is taken for which."""

from collections import Counter

import numpy as np

from evaluation.intervals import LOWEST_SKILL, MIN_RESAMPLED, RESAMPLES, percentile_interval

MAX_CONFUSIONS = 8  # kept, the most frequent ones


def align_sequences(truth, heard):
    """Align two sequences (strings, lists of words) at the least number of edits (Levenshtein 1966).

    Returns: list of pairs (item of truth, item of heard), None standing for what is missing from either.
    """
    costs = [np.arange(len(heard) + 1)]
    columns = np.arange(len(heard) + 1)
    numbers = {item: k for k, item in enumerate({*truth, *heard})}
    heard_numbers = np.array([numbers[item] for item in heard], int)
    for item in truth:
        above = costs[-1]
        row = above + 1
        row[1:] = np.minimum(row[1:], above[:-1] + (heard_numbers != numbers[item]))
        costs.append(np.minimum.accumulate(row - columns) + columns)  # insertions, all at once
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
    """Count the edits between sequences and what was heard.

    Returns: (edits (n,), lengths of the truths (n,), Counter of the aligned pairs that differ).
    """
    alignments = [align_sequences(truth, answer) for truth, answer in zip(truths, answers)]
    wrong = [[pair for pair in pairs if pair[0] != pair[1]] for pairs in alignments]
    confusions = Counter(pair for pairs in wrong for pair in pairs)
    return np.array([*map(len, wrong)]), np.array([*map(len, truths)]), confusions


def bootstrap_error_rates(edits, lengths, seed):
    """Return the error rate in RESAMPLES draws of the recordings with replacement (Efron 1979)."""
    draws = np.random.default_rng(seed).integers(0, len(edits), (RESAMPLES, len(edits)))
    return edits[draws].sum(axis=1) / lengths[draws].sum(axis=1)


def score_transcripts(truths, answers, baselines, seed):
    """Compare transcripts with what was heard.

    Parameters: truths, answers: n strings each; baselines {name: n strings}; seed of the bootstrap.
    Returns: dictionary with the character and the word error rate (edits / length of the transcripts, over all), their
    bootstrap intervals over recordings, the CER of each baseline and how much lower the network's is.
    """
    edits, lengths, confusions = count_edits(truths, answers)
    word_edits, word_lengths, _ = count_edits([t.split() for t in truths], [a.split() for a in answers])
    draws, cer = bootstrap_error_rates(edits, lengths, seed), float(edits.sum() / lengths.sum())
    rates, differences = {}, {}
    for name, texts in baselines.items():
        baseline_edits = count_edits(truths, texts)[0]
        rates[name] = float(baseline_edits.sum() / lengths.sum())
        interval = percentile_interval(bootstrap_error_rates(baseline_edits, lengths, seed) - draws)
        enough = len(truths) >= MIN_RESAMPLED
        differences[name] = {
            "difference": rates[name] - cer,
            "interval": interval if enough else [LOWEST_SKILL, -LOWEST_SKILL],
        }
    return {
        "test_sequences": len(truths),
        "characters": int(lengths.sum()),
        "cer": cer,
        "cer_interval": percentile_interval(draws),
        "standard_error": float(draws.std()),
        "wer": float(word_edits.sum() / word_lengths.sum()),
        "wer_interval": percentile_interval(bootstrap_error_rates(word_edits, word_lengths, seed)),
        "right": float((edits == 0).mean()),
        "baselines": rates,
        "differences": differences,
        "edits": edits.tolist(),
        "confusions": [[t or "", a or "", n] for (t, a), n in confusions.most_common(MAX_CONFUSIONS)],
    }
