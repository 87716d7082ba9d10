"""Simple rivals to stand beside every score: arrays in, predictions out. No TensorFlow."""

MAJORITY, MEAN, LINEAR = "majority", "mean", "linear"
PERSISTENCE, SEASON_BEFORE = "persistence", "season before"
WORDS = {
    MAJORITY: "the majority class",
    MEAN: "the mean of the training part",
    PERSISTENCE: "persistence (repeating the last value)",
    SEASON_BEFORE: "the season before",
    LINEAR: "the linear model",
}
