"""Whether the network is worth it: against the best of the baselines, in plain words."""

from baselines import DESCRIPTIONS, LINEAR, PREVIOUS_LABEL


def best_baseline(figures, better):
    """Return the name of the baseline with the best score, of those that need nothing but the sequence.

    Parameters: figures of evaluation.json; better, "higher" or "lower", as in all functions of this file.
    """
    names = [name for name in figures["baselines"] if name != PREVIOUS_LABEL]
    return (max if better == "higher" else min)(names, key=figures["baselines"].get)


def outcome(figures, better):
    """Return "wins" or "loses" against the best baseline, or "open" where the interval of the difference contains 0."""
    low, high = figures["differences"][best_baseline(figures, better)]["interval"]
    return "wins" if low > 0 else "loses" if high < 0 else "open"


def verdict(figures, better, judged="network"):
    """Return the verdict in one line; judged: what the score is of."""
    name = best_baseline(figures, better)
    best, difference = DESCRIPTIONS[name], figures["differences"][name]["difference"]
    if difference != difference:
        return "No verdict: without anomalies, or without normal sequences, in the test set nothing can be compared."
    if outcome(figures, better) == "wins":
        return f"The model beats the best baseline, {best}: the whole interval of the difference lies above 0."
    if outcome(figures, better) == "loses":
        return (
            f"The model is worse than {best}: use that instead{'; it is one line of scikit-learn' * (name == LINEAR)}."
        )
    if difference == 0:
        return f"The model is as good as the best baseline, {best}, and no better: take the simpler of the two."
    undecided = f"The model is not shown to beat the best baseline, {best}"
    if difference < 0:
        return f"{undecided}, which is ahead: there is no case for the {judged} (the interval contains 0)."
    return f"{undecided}: it is ahead, but the interval of the difference contains 0. More test sequences would tell."


def plain_verdict(figures, better, judged="network"):
    """Return the verdict as one says it to a colleague, one sentence; judged: what the score is of."""
    name = best_baseline(figures, better)
    best, difference = DESCRIPTIONS[name], figures["differences"][name]["difference"]
    if difference != difference:
        return verdict(figures, better)
    if outcome(figures, better) == "wins":
        return f"The {judged} is better than {best}, the best simple method tried, by more than chance explains."
    if outcome(figures, better) == "loses":
        better_one = f"{best[0].upper()}{best[1:]}"
        return f"{better_one} does better than the {judged}, by more than chance explains: use that instead."
    if difference == 0:
        return f"The {judged} is as good as {best}, the best simple method tried, and no better: take the simpler one."
    if difference < 0:
        return f"The {judged} is not shown to be better than {best}, which is ahead: there is no case for the {judged}."
    return f"The {judged} is ahead of {best}, the best simple method tried, but by no more than chance explains."
