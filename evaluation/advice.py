"""Advice after a report: rules on its figures, each with its reason. Nothing where nothing is wrong."""

from dataclasses import dataclass

import numpy as np

from baselines import DESCRIPTIONS, LINEAR, MAJORITY, SEASONAL_LINEAR
from core.constants import Constants
from core.wording import counted, format_share
from evaluation.verdict import best_baseline, outcome

MAX_LINES = 3


@dataclass(frozen=True)
class EvaluatedRun:
    """What the rules look at."""

    metric: str  # the main score, as history and figures name it
    better: str  # "higher" or "lower"
    history: dict  # {metric: a value for each epoch}
    figures: dict  # of the report
    shape: tuple  # of a sequence, (time, features[, ...])
    c: Constants  # of the run
    linear_models_would_be_added: bool  # beside ARCHITECTURE = "deep_cnn_lstm", were it trained on these data

    @property
    def class_counts(self):
        """The number of test sequences of each class that occurs, {name: count}; empty of other tasks."""
        return {name: f["support"] for name, f in self.figures.get("per_class", {}).items() if f["support"]}

    @property
    def nearly_perfect(self):
        """Whether hardly anything is left to gain: 98 % of accuracy, F1 or letters reached, or of the error gone."""
        skills = [own.get("difference", 0) for own in self.figures.get("differences", {}).values()]
        perfect = self.metric == "rmse" and min(skills, default=0) >= 0.98
        reached = self.figures[self.metric] if self.better == "higher" else 1 - self.figures.get("cer", 1)
        return perfect or reached >= 0.98

    @property
    def guesses(self):
        """Whether the training loss stayed near that of guessing, and the score is not above the majority class'."""
        loss = self.figures.get("guessing_loss", 0)
        if not loss or self.figures.get("differences", {}).get(MAJORITY, {"interval": [0]})["interval"][0] > 0:
            return False
        return min(self.history["loss"]) > 0.95 * loss


def advice(run):
    """Return the advice on an EvaluatedRun: MAX_LINES lines at most, what matters most first."""
    rules = (one_class, never_learned, still_falling, never_predicted, loses_to_linear, overfits, features_first)
    rules += (very_long, few_sequences)
    return [line for line in (rule(run) for rule in rules) if line][:MAX_LINES]


def one_class(run):
    """The test set holds one class only."""
    if len(run.class_counts) == 1:
        (name,) = run.class_counts
        return f"The test set holds class {name} alone: its accuracy says little; split so that all classes occur."


def never_learned(run):
    """The training loss never fell below that of guessing, nor is the score better."""
    if run.guesses:
        return (
            f"The training loss ({run.history['loss'][-1]:.3f}) stayed near that of guessing "
            f"({run.figures['guessing_loss']:.3f}): the network learned nothing. Try more EPOCHS, a smaller "
            "BATCH_SIZE, another LEARNING_RATE."
        )


def still_falling(run):
    """The training loss was still falling at the last epoch."""
    losses = np.array(run.history["loss"])
    fifth = max(1, len(losses) // 5)
    if len(losses) < max(5, run.c.EPOCHS) or run.guesses or run.nearly_perfect:
        return None
    before, after = losses[-2 * fifth : -fifth].mean(), losses[-fifth:].mean()
    if after < 0.95 * before and losses[-1] < 0.97 * losses[:-1].min():
        epochs = "epoch" if fifth == 1 else f"{fifth} epochs"
        return (
            f"The training loss still fell by {100 * (1 - after / before):.0f} % over the last {epochs}: raise EPOCHS."
        )


def never_predicted(run):
    """A class that occurs is never predicted."""
    predicted = np.sum(run.figures.get("confusion_matrix", [[]]), axis=0)
    counts = run.class_counts
    never = [name for name, n in zip(run.figures.get("per_class", {}), predicted) if name in counts and not n]
    if never and not run.guesses:
        balanced = run.c.CLASS_WEIGHT or max(counts.values()) < 2 * min(counts.values())
        hint = "" if balanced else 'CLASS_WEIGHT = "balanced", '
        several = len(never) > 1
        names = f"class{'es' * several} {', '.join(never[:3])}"
        return f"Never predicted: {names}. Try {hint}more EPOCHS, or more sequences of {'them' if several else 'it'}."


def loses_to_linear(run):
    """A baseline is better beyond doubt; or the linear model is ahead, and a deep network would have it beside it."""
    best = best_baseline(run.figures, run.better)
    ahead = run.figures["differences"][best].get("difference", 0) < 0
    deep = run.c.ARCHITECTURE.startswith("deep")
    if best == LINEAR and ahead and run.linear_models_would_be_added and not deep:
        return (
            'The linear model is ahead: ARCHITECTURE = "deep_cnn_lstm" has it beside the network (DROPOUT = 0.2, '
            "BATCH_SIZE = 16, PLATEAU = 10, AVERAGE_WEIGHTS = True, EPOCHS = 150)."
        )
    if best == SEASONAL_LINEAR and ahead:
        return (
            "The linear model that sees the season before is ahead: a WINDOW of a season or more, or KNOWN = "
            '["month"] or the like, shows it to the network too.'
        )
    network = run.metric != "roc_auc"  # of anomalies the network is the rival
    if network and outcome(run.figures, run.better) == "loses" and not run.guesses:
        return f"Worse than {DESCRIPTIONS[best]}: more training data or a stronger ARCHITECTURE may help."


def overfits(run):
    """The training score is far above the test score."""
    if run.metric not in run.history or run.better == "lower":
        return None
    kept = -1 if run.c.PATIENCE is None else int(np.argmin(run.history["val_loss"]))
    trained, tested = run.history[run.metric][kept], run.figures[run.metric]
    if trained - tested > 0.1 and trained > run.figures[f"{run.metric}_interval"][1]:
        drop = "DROPOUT = 0.3" if not run.c.DROPOUT else "a larger DROPOUT"
        return (
            f"Training {run.metric} {format_share(trained)}, test {format_share(tested)}: what the network learned "
            f"does not carry over to new data. Try {drop}, fewer FILTERS or LSTM_UNITS, or more data."
        )


def features_first(run):
    """There are far more features than time steps."""
    if len(run.shape) == 2 and run.shape[1] > 5 * run.shape[0]:
        return (
            f"{run.shape[1]} features of only {run.shape[0]} time steps each: is the time axis last? Sequences are "
            "read as (n, time, features)."
        )


def very_long(run):
    """Sequences have many hundred steps after pooling."""
    architecture, steps = run.c.ARCHITECTURE, run.shape[0]
    pools = 0 if architecture == "lstm" else 2 if architecture.startswith("deep") else 1
    if steps / run.c.POOL_SIZE**pools > 400 and "lstm" in architecture:
        return (
            f"Sequences of {steps} time steps are long for an LSTM: a larger POOL_SIZE, or every second value of the "
            "data, is faster and often better."
        )


def few_sequences(run):
    """Test sequences are few, and the interval is wide."""
    (low, high), count = run.figures.get(f"{run.metric}_interval", (0, 0)), run.figures.get("test_sequences")
    if high - low > 0.2:
        return (
            f"{counted(count, 'test sequence')} leave{'s' * (count == 1)} an interval {high - low:.2f} wide: test on "
            "more of them or, where they are cut from the data, hold each out in turn: python cross_validate_model.py."
        )
