"""Simple rivals to stand beside every score: arrays in, predictions out. No TensorFlow."""

MAJORITY, MEAN, LINEAR = "majority", "mean", "linear"
PERSISTENCE, SEASON_BEFORE = "persistence", "season before"
FREQUENT = "most frequent transcript"
DESCRIPTIONS = {  # within a sentence
    MAJORITY: "the majority class",
    MEAN: "the mean of the training set",
    PERSISTENCE: "persistence (repeating the last value)",
    SEASON_BEFORE: "the season before",
    FREQUENT: "the most frequent transcript",
    LINEAR: "the linear model",
}
