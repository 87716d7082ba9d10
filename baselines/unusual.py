"""Simple rivals for anomalies: arrays of normal sequences and of new ones in, a score for each new one out."""

import numpy as np

from core.lazy import lazy

decomposition, ensemble = lazy("sklearn.decomposition"), lazy("sklearn.ensemble")

VARIANCE = 0.95  # of the normal sequences that the components of PCA explain


def pca_scores(normal, new):
    """Return what the principal components of normal (n, inputs) leave of new (m, inputs): the error (m,)."""
    model = decomposition.PCA(VARIANCE, svd_solver="full").fit(normal)
    return np.sqrt(((new - model.inverse_transform(model.transform(new))) ** 2).mean(axis=1))


def forest_scores(normal, new, seed):
    """Return the scores (m,) of an isolation forest (Liu, Ting and Zhou 2008), scikit-learn's, by its defaults."""
    return -ensemble.IsolationForest(random_state=seed).fit(normal).score_samples(new)
