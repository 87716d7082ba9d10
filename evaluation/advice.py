"""Advice after a report: rules on its figures, each with its reason. Nothing where nothing is wrong."""

import numpy as np

from baselines import LINEAR, MAJORITY
from evaluation.verdict import best_baseline, outcome

MOST = 3  # lines


def advice(task, history, figures, shape, c):
    """Return up to MOST lines, what matters most first.

    history: {metric: a value for each epoch}; figures: of the report; shape: of a sequence, (time, features[, ...]);
    c: Constants of the run.
    """
    rules = (one_class, never_learned, still_falling, never_predicted, loses_to_linear, overfits, features_first)
    rules += (very_long, few_sequences)
    return [line for line in (rule(task, history, figures, shape, c) for rule in rules) if line][:MOST]


def one_class(task, history, figures, shape, c):
    """One class alone in the test set."""
    present = [name for name, f in figures.get("per_class", {}).items() if f["support"]]
    if len(present) == 1:
        return (
            f"The test set holds class {present[0]} alone: its accuracy says little; split so that all classes occur."
        )


def never_learned(task, history, figures, shape, c):
    """The training loss never left that of guessing, nor is the score better."""
    if guessing(history, figures):
        return (
            f"The training loss ({history['loss'][-1]:.3f}) stayed near that of guessing "
            f"({figures['guessing_loss']:.3f}): the network learned nothing. Try more EPOCHS, a smaller BATCH_SIZE, "
            "another LEARNING_RATE."
        )


def guessing(history, figures):
    """Tell whether the training loss stayed near that of guessing, and the score near the majority class'."""
    guess = figures.get("guessing_loss", 0)
    if not guess or figures.get("differences", {}).get(MAJORITY, {"interval": [0]})["interval"][0] > 0:
        return False
    return min(history["loss"]) > 0.95 * guess


def still_falling(task, history, figures, shape, c):
    """The training loss was still falling at the last epoch."""
    losses = np.array(history["loss"])
    fifth = max(1, len(losses) // 5)
    if len(losses) < max(5, c.EPOCHS) or guessing(history, figures) or figures.get("accuracy", 0) >= 0.98:
        return None
    before, after = losses[-2 * fifth : -fifth].mean(), losses[-fifth:].mean()
    if after < 0.95 * before and losses[-1] < 0.97 * losses[:-1].min():
        fall = 100 * (1 - after / before)
        return f"The training loss still fell by {fall:.0f} % over the last {fifth} epochs: raise EPOCHS."


def never_predicted(task, history, figures, shape, c):
    """A class that occurs is never predicted."""
    predicted = np.sum(figures.get("confusion_matrix", [[1]]), axis=0)
    never = [n for (n, f), count in zip(figures.get("per_class", {}).items(), predicted) if f["support"] and not count]
    if never and not guessing(history, figures):
        counts = [f["support"] for f in figures["per_class"].values() if f["support"]]
        hint = "" if c.CLASS_WEIGHT or max(counts) < 2 * min(counts) else 'CLASS_WEIGHT = "balanced", '
        return f"Never predicted: class {', '.join(never[:3])}. Try {hint}more EPOCHS, or more of its sequences."


def loses_to_linear(task, history, figures, shape, c):
    """A baseline is better beyond doubt; or the linear model is ahead, which deep networks have beside them."""
    best = best_baseline(figures, task.better)
    ahead = figures["differences"][best].get("difference", 0)
    in_groups = c.GROUP or c.TEST_FILES or c.WINDOW  # there it has none
    joins_linear = task.score == "accuracy" and len(shape) == 2 and c.LINEAR_START and not in_groups
    if best == LINEAR and ahead < 0 and joins_linear and not c.ARCHITECTURE.startswith("deep"):
        return (
            'The linear model is ahead: ARCHITECTURE = "deep_cnn_lstm" has it beside the network, with up to 2000 '
            "training sequences (DROPOUT = 0.2, BATCH_SIZE = 16, PLATEAU = 10, AVERAGE_WEIGHTS = True, EPOCHS = 150)."
        )
    if outcome(figures, task.better) == "loses" and not guessing(history, figures):
        return f"Worse than {best}: more training data or a stronger ARCHITECTURE may help."


def overfits(task, history, figures, shape, c):
    """The training score is far above the test score."""
    if task.score not in history or task.better == "lower":
        return None
    kept = -1 if c.PATIENCE is None else int(np.argmin(history["val_loss"]))
    trained = history[task.score][kept]
    low, high = figures[f"{task.score}_interval"]
    if trained - figures[task.score] > 0.1 and trained > high:
        drop = "DROPOUT = 0.3" if not c.DROPOUT else "a larger DROPOUT"
        return (
            f"Training {task.score} {trained:.2f}, test {figures[task.score]:.2f}: what it learned does not hold "
            f"beyond the training set. Try {drop}, fewer FILTERS or LSTM_UNITS, or more data."
        )


def features_first(task, history, figures, shape, c):
    """Far more features than time steps."""
    if len(shape) == 2 and shape[1] > 5 * shape[0]:
        return (
            f"{shape[1]} features of only {shape[0]} time steps each: is the time axis last? Sequences are read as "
            "(n, time, features)."
        )


def very_long(task, history, figures, shape, c):
    """Sequences of many hundred steps after pooling."""
    pools = 0 if c.ARCHITECTURE == "lstm" else 2 if c.ARCHITECTURE.startswith("deep") else 1
    if shape[0] / c.POOL_SIZE**pools > 400 and "lstm" in c.ARCHITECTURE:
        return (
            f"Sequences of {shape[0]} time steps are long for an LSTM: a larger POOL_SIZE, or every second value of "
            "the data, is faster and often better."
        )


def few_sequences(task, history, figures, shape, c):
    """Few test sequences: the interval is wide."""
    low, high = figures.get(f"{task.score}_interval", (0, 0))
    if high - low > 0.2:
        n = figures["test_sequences"]
        return (
            f"{n} test sequences leave an interval {high - low:.2f} wide: more of them tell more, or, where they are "
            "cut from the data, all held out in turn by python cross_validate_model.py."
        )
