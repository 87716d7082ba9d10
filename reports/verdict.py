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
    best = WORDS[name]
    return {
        "wins": f"The model beats the best baseline, {best}: the whole interval of the difference lies above 0.",
        "open": f"The model is not shown to beat the best baseline, {best}: the interval of the difference holds 0.",
        "loses": f"The model is worse than {best}: use that instead"
        + (", it is a model of one line of scikit-learn." if name == LINEAR else "."),
    }[outcome(figures, better)]
