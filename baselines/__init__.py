"""Simple rivals to stand beside every score: arrays in, predictions out. No TensorFlow."""

MAJORITY, PERSISTENCE, SEASON_BEFORE, LINEAR = "majority", "persistence", "season before", "linear"
WORDS = {
    MAJORITY: "the majority class",
    PERSISTENCE: "persistence (repeating the last value)",
    SEASON_BEFORE: "the season before",
    LINEAR: "the linear model",
}
