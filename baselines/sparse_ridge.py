"""Ridge regression on sparse counts of words: one conjugate gradient an output, or all outputs at once."""

import numpy as np

from core.lazy import lazy

linalg = lazy("scipy.linalg")
linear_model = lazy("sklearn.linear_model")
model_selection = lazy("sklearn.model_selection")

MANY_OUTPUTS, MOST_ROWS = 10, 5000  # so many outputs, or more, of so few texts are found at once
BLOCK = 256  # rows whose products with all others are computed at a time


def choose_and_fit(x, targets, strengths, folds):
    """Fit ridge regression with an intercept to sparse inputs; the strength has the least error on held-out rows.

    Parameters: x, sparse (n, columns); targets (n, outputs); folds, a splitter of scikit-learn.
    Returns: (weights (columns, outputs), intercept (outputs,), answers of models that were fitted without the fold of
    each row (n, outputs)).
    """
    if targets.shape[1] >= MANY_OUTPUTS and len(targets) <= MOST_ROWS:
        return _by_products(x, targets, strengths, folds)
    models = [linear_model.Ridge(strength, solver="sparse_cg", tol=1e-3) for strength in strengths]
    answers = [
        model_selection.cross_val_predict(model, x, targets, cv=folds).reshape(targets.shape) for model in models
    ]
    best = _least_error(answers, targets)
    model = models[best].fit(x, targets)
    return model.coef_.reshape(targets.shape[1], -1).T, np.reshape(model.intercept_, -1), answers[best]


def _by_products(x, targets, strengths, folds):
    """Do that exactly by the products of rows (n, n): one matrix is solved for all outputs."""
    products, answers = np.empty((len(targets), len(targets))), [np.empty_like(targets) for _ in strengths]
    for start in range(0, len(products), BLOCK):  # all at once would be a sparse matrix with hardly a zero first
        products[start : start + BLOCK] = (x[start : start + BLOCK] @ x.T).toarray()
    for train, held_out in folds.split(targets):
        for own, strength in zip(answers, strengths):
            dual, intercept = _solve(products[np.ix_(train, train)], targets[train], strength)
            own[held_out] = products[np.ix_(held_out, train)] @ dual + intercept
    best = _least_error(answers, targets)
    dual, intercept = _solve(products, targets, strengths[best])
    return x.T @ dual, intercept, answers[best]


def _solve(products, targets, strength):
    """Return (what each row weighs (n, outputs), intercept (outputs,)) by the products of rows."""
    means = products.mean(axis=0)
    centred = products - means - means[:, None] + means.mean() + strength * np.eye(len(products))
    dual = linalg.solve(centred, targets - targets.mean(axis=0), assume_a="pos")
    return dual, targets.mean(axis=0) - means @ dual


def _least_error(answers, targets):
    """Return the place of the answers (n, outputs) that are nearest to the targets."""
    return int(np.argmin([((own - targets) ** 2).mean() for own in answers]))
