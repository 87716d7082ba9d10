"""Ridge regression on sparse counts of words, in dual variables (Saunders et al. 1998), for many outputs at once."""

import numpy as np

TOLERANCE = 1e-3  # of the residual, relative to the targets
MOST_STEPS = 1000  # of conjugate gradients; some ten are needed
BLOCK = 32  # outputs at once: more share the passes over the counts, and take more memory


def choose_and_fit(x, targets, strengths, folds):
    """Fit ridge regression with an intercept to sparse inputs; the strength has the least error on held-out rows.

    Parameters: x, sparse CSR (n, columns); targets (n, outputs); folds, a splitter of scikit-learn.
    Returns: (weights (columns, outputs), intercept (outputs,), answers of models that were fitted without the fold of
    each row (n, outputs)).
    """
    size, occurring = x.shape[1], np.unique(x.indices)  # most of the numbers that pairs of words can have do not occur
    x, answers = x[:, occurring], np.empty((len(strengths), *targets.shape))
    for train, held_out in folds.split(targets):
        inputs, new = x[train], x[held_out]
        for own, strength in zip(answers, strengths):
            weights, intercept = fit(inputs, targets[train], strength)
            own[held_out] = new @ weights + intercept
    best = np.argmin(((answers - targets) ** 2).mean(axis=(1, 2)))
    weights = np.zeros((size, targets.shape[1]))
    weights[occurring], intercept = fit(x, targets, strengths[best])
    return weights, intercept, answers[best]


def fit(x, targets, strength):
    """Fit ridge regression to sparse inputs (n, columns). Returns: (weights (columns, outputs), intercept (outputs,)).

    What each row counts for solves ((x - mean) (x - mean)' + strength) dual = targets - their mean. Nothing centred is
    stored: it would hardly have a zero.
    """
    transposed, mean = x.T.tocsr(), np.asarray(x.mean(axis=0)).ravel()
    x_mean, mean_mean = (x @ mean)[:, None], mean @ mean

    def product(dual):
        """Return what the matrix of the system makes of dual (n, outputs)."""
        own, total = x @ (transposed @ dual), dual.sum(axis=0)
        return own - x_mean.T @ dual + (mean_mean - x_mean) * total + strength * dual

    weights, centred = np.empty((x.shape[1], targets.shape[1])), targets - targets.mean(axis=0)
    for start in range(0, targets.shape[1], BLOCK):
        block = slice(start, start + BLOCK)
        dual = conjugate_gradients(product, centred[:, block])
        weights[:, block] = transposed @ dual - mean[:, None] * dual.sum(axis=0)
    return weights, targets.mean(axis=0) - mean @ weights


def conjugate_gradients(product, targets):
    """Solve product(solution) = targets (n, outputs), each output for itself (Hestenes and Stiefel 1952)."""
    solution, residual, direction = np.zeros(targets.shape), targets.copy(), targets.copy()
    squares = (residual**2).sum(axis=0)
    enough = TOLERANCE**2 * squares
    for _ in range(MOST_STEPS):
        going = np.flatnonzero(squares > enough)
        if not len(going):
            break
        along = direction[:, going]
        changes = product(along)
        length = squares[going] / (along * changes).sum(axis=0)
        solution[:, going] += length * along
        residual[:, going] -= length * changes
        before, squares[going] = squares[going], (residual[:, going] ** 2).sum(axis=0)
        direction[:, going] = residual[:, going] + squares[going] / before * along
    return solution
