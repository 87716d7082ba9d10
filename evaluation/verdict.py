"""Whether the network is worth it: against the best of the baselines, in plain words."""

from baselines import LINEAR, WORDS


def best_baseline(figures, better):
    """Return the name of the baseline with the best score. better: "higher" or "lower"."""
    return (max if better == "higher" else min)(figures["baselines"], key=figures["baselines"].get)


def outcome(figures, better):
    """Return "wins" or "loses" against the best baseline, or "open" where the interval of the difference holds 0."""
    low, high = figures["differences"][best_baseline(figures, better)]["interval"]
    return "wins" if low > 0 else "loses" if high < 0 else "open"


def verdict(figures, better):
    """Return the verdict in a line."""
    name = best_baseline(figures, better)
    best, ahead = WORDS[name], figures["differences"][name]["difference"]
    if outcome(figures, better) == "wins":
        return f"The model beats the best baseline, {best}: the whole interval of the difference lies above 0."
    if outcome(figures, better) == "loses":
        why = ", it is one line of scikit-learn." if name == LINEAR else "."
        return f"The model is worse than {best}: use that instead{why}"
    if ahead == 0:
        return f"The model is as good as the best baseline, {best}, and no better: take the simpler of the two."
    open_still = f"The model is not shown to beat the best baseline, {best}"
    if ahead < 0:
        return f"{open_still}, which is ahead: nothing speaks for the network (the interval of the difference holds 0)."
    return f"{open_still}: it is ahead, but the interval of the difference holds 0. More test sequences would tell."
