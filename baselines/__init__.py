"""Simple rivals to stand beside every score: arrays in, predictions out. No TensorFlow."""

MAJORITY, MEAN, LINEAR, ALL_LABELS = "majority", "mean", "linear", "all labels"
PREVIOUS_LABEL = "previous label"  # no rival for everyone: often it is not known in time
PERSISTENCE, SEASON_BEFORE = "persistence", "season before"
CONSTANT_SPEED = "constant speed"  # of places
MEAN_FEATURES = "mean features"  # of a clip or picture over its time steps, where FRAME_ENCODER makes them
TREES = "gradient boosting"  # of trees, on summaries of each feature
SEASONAL_LINEAR = "linear with season"  # that sees the season before, where it lies outside the window
FREQUENT = "most frequent transcript"
AUTOENCODER, PCA, FOREST, RANDOM = "autoencoder", "PCA", "isolation forest", "random"  # of anomalies
DESCRIPTIONS = {  # within a sentence
    MAJORITY: "the majority class",
    ALL_LABELS: "always answering every label",
    MEAN: "the mean of the training set",
    PERSISTENCE: "persistence (repeating the last value)",
    SEASON_BEFORE: "the season before",
    CONSTANT_SPEED: "constant speed (the last step, again and again)",
    FREQUENT: "the most frequent transcript",
    PREVIOUS_LABEL: "the label of the row before",
    LINEAR: "the linear model",
    AUTOENCODER: "the network's own score (of what it cannot reconstruct)",
    PCA: "PCA (the error of its reconstruction)",
    FOREST: "an isolation forest",
    RANDOM: "a random score",
    MEAN_FEATURES: "the linear model of the mean features",
    TREES: "gradient boosting (trees on summaries of each feature)",
    SEASONAL_LINEAR: "the linear model with the season before",
}


def short_description(name):
    """Return the description of a baseline without what stands in brackets."""
    return DESCRIPTIONS[name].partition(" (")[0]
