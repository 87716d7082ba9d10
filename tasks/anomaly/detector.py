"""The detector, as Keras layers: how far a sequence is from the nearest normal one, and what the network misses of it.

Distances are Euclidean, in two spaces: "values", standardised, and "shapes", the features of fixed kernels
(networks/minirocket.py) divided by each one's deviation + OFFSET. Kernels that sum to zero see no change of level,
hence both, unless sequences do not differ in level. Values beside kernels, which see details, are averaged over so many
steps that noise does not hide levels.
"""

import numpy as np

from core.lazy import keras, layers, lazy, ops
from core.wording import format_percent
from networks.layer_names import PREPARED, REFERENCES
from networks.minirocket import fit_kernels, positive_share_features
from sequences.windows import WindowNames

covariance = lazy("sklearn.covariance")

OFFSET = 0.02  # of what is divided by a deviation: features that hardly vary would decide all
MOST_REFERENCES = 2000  # normal sequences that are kept: the saved model holds them
MOST_INPUTS = 1000  # values of a sequence whose residuals' covariances are estimated; of more, their variances
NOISE = 0.1  # of the variance of values, that may stay noise


def with_distances(model, data, task, c):
    """Return the trained network as it is saved: three numbers or two for each sequence, and none of them trained.

    They are the network's own score, the Mahalanobis distance of what it misses of a sequence, and in each of the
    task's spaces the distance to the nearest of the reference sequences.
    """
    x = model.get_layer(PREPARED).output  # flattened
    outputs = [_mahalanobis(model, data.train, data.train.y < 0)]
    references = data.train.take(reference_places(data.train, c.SEED))
    if "shapes" in task.spaces:
        kernels = fit_kernels(data.train, lambda inputs: task.prepared(inputs, data, c), c.SEED)
        shaped = positive_share_features(layers.Reshape((data.train.shape[0], -1))(x), kernels)
        features = in_blocks(keras.Model(model.input, shaped), references)
        mean, scale = features.mean(axis=0), 1 / (features.std(axis=0) + OFFSET)
        shaped = layers.Rescaling(scale.tolist(), (-mean * scale).tolist())(shaped)
        outputs.append(_nearest(shaped, (features - mean) * scale, "shapes"))
    if "values" in task.spaces:
        if "shapes" in task.spaces:
            x = _averaged(x, in_blocks(keras.Model(model.input, x), references), data.train.shape[0])
        outputs.append(_nearest(x, in_blocks(keras.Model(model.input, x), references), "values"))
    return keras.Model(model.input, layers.Concatenate(name="distances")(outputs))


def _averaged(x, references, steps):
    """Average x (n, steps × features), a Keras tensor, over so many steps that NOISE of the references is noise."""
    share = noise_share(references.reshape(len(references), steps, -1))
    size = min(steps, int(np.ceil(share / NOISE)))
    if size < 2:
        return x
    noise = format_percent(min(share, 1))
    print(f"Values are compared in averages of {size} steps, since {noise} of their variance looks like noise")
    pooled = layers.AveragePooling1D(size, padding="same")(layers.Reshape((steps, -1))(x))
    return layers.Flatten()(pooled)


def noise_share(values):
    """Return which share of the variance of values (n, time, features) is noise, by their second differences.

    Those of white noise have six times its variance, those of slow changes hardly any.
    """
    if values.shape[1] < 3:
        return 0.0
    return float((np.diff(values, n=2, axis=1) ** 2).mean() / 6 / values.var(axis=(0, 1)).mean())


def in_blocks(model, x, size=256):
    """Return what a model answers to x (n, ...), float64, so many sequences at a time."""
    return np.concatenate(
        [np.asarray(model(x[k : k + size], training=False), np.float64) for k in range(0, len(x), size)]
    )


def _nearest(x, references, space):
    """Return the distance (n, 1) of x (n, k), a Keras tensor, to the nearest of references (m, k)."""
    layer = layers.Dense(len(references), trainable=False, name=REFERENCES + space)
    products = layer(x)
    layer.set_weights([-2 * references.T, (references**2).sum(axis=1)])
    squares = ops.min(products, axis=1, keepdims=True) + ops.sum(ops.square(x), axis=1, keepdims=True)
    return ops.sqrt(ops.maximum(squares, 0.0))


def _mahalanobis(model, train, held_out):
    """Return the length (n, 1) of the network's residuals, whitened by those of held-out training sequences.

    held_out: bool (n,). Their covariances are shrunk as Ledoit and Wolf (2004) do.
    """
    residuals = in_blocks(model, train.take(np.flatnonzero(held_out)))
    mean = residuals.mean(axis=0)
    if len(residuals) > 1 and residuals.shape[1] <= MOST_INPUTS:  # one alone has no covariances
        values, vectors = np.linalg.eigh(covariance.LedoitWolf().fit(residuals).covariance_)
        whiten = vectors / np.sqrt(np.maximum(values, 1e-12 * values.max() + 1e-30))
        layer = layers.Dense(len(mean), trainable=False, name="whiten")
        whitened = layer(model.output)
        layer.set_weights([whiten, -mean @ whiten])
    else:
        scale = 1 / (residuals.std(axis=0) + OFFSET)
        whitened = layers.Rescaling(scale.tolist(), (-mean * scale).tolist(), name="whiten")(model.output)
    return ops.sqrt(ops.mean(ops.square(whitened), axis=1, keepdims=True))


def reference_places(train, seed):
    """Return which sequences of the training Split are kept as references, sorted: all, or MOST_REFERENCES drawn."""
    return np.sort(np.random.default_rng(seed).permutation(len(train))[:MOST_REFERENCES])


def held_out_distances(model, train, spaces, groups, seed):
    """Return the distance (m, spaces) of each reference to the nearest of the references of other groups.

    groups: (n,) of the training sequences. Windows that share rows count as of one group.
    """
    places = reference_places(train, seed)
    same = groups[places][:, None] == groups[places]
    if isinstance(train.names, WindowNames):
        starts = train.names.starts[train.rows[places]]
        same |= np.abs(starts[:, None] - starts) < train.names.size
    found = []
    for space in spaces:
        kernel, squares = (np.float64(own) for own in model.get_layer(REFERENCES + space).get_weights())
        squared = squares[:, None] + squares - kernel.T @ kernel / 2
        squared[same] = np.inf
        found.append(np.sqrt(np.maximum(squared.min(axis=1), 0)))
    return np.stack(found, axis=1)
