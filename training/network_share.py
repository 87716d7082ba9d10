"""How much of the network counts beside a linear model, from nothing to all: data that neither was fitted to decide.

A network that begins at the linear model's solution may end worse than that. What it adds is therefore multiplied by
the share of the lowest loss on the validation set or, where there is none, on a part of the training set that a first
training leaves out (a form of stacking: Wolpert 1992, Breiman 1996).
"""

from dataclasses import replace

import numpy as np

from core.lazy import keras, layers, lazy
from networks.layer_names import OUTPUT, SUM
from sequences.held_out import HELD_OUT
from training.fit import fit
from training.prediction import predict
from training.workers import is_first_worker

optimize = lazy("scipy.optimize")

LEAST = 5  # sequences that are trained on, and in each half of those that decide
SAVED = "share"  # begins the names of checkpoints
SHOWN = "Training without a fifth, which says how much of the network is to count, epoch"


def held_out_share(model, data, c, checkpoint, traced_steps):
    """Train the network on a part of the training set, and find its share on the rest; its weights are then as before.

    Parameters: model, of training.build; checkpoint, traced_steps: as of training.fit.fit.
    Returns: the share, or None: nothing is to decide, or `settle` finds it on the validation set.
    """
    if data.validation is not None or not data.task.linear_beside(data, c):
        return None
    folds = data.task.hold_out(data, c)
    if min(len(kept) for kept, _ in folds) < LEAST or sum(len(held_out) for _, held_out in folds) < 2 * LEAST:
        return None
    start, found = [np.asarray(variable) for variable in model.variables], []
    for fold, places in enumerate(folds):
        kept, held_out = (data.train.select(own) for own in places)
        data.task.fit_linear_part(model, kept, data, c)
        own = replace(checkpoint, name=f"{SAVED}_{fold}", every_epoch=checkpoint.every_epoch and len(folds) == 1)
        fit(model, data, c.changed(TENSORBOARD=False), own, traced_steps, kept, SHOWN)
        if is_first_worker():
            network = data.task.beside_linear_model(model, kept, data, c)
            found.append(_answers(network, held_out, data))
        for variable, value in zip(model.variables, start):
            variable.assign(value)
    if not is_first_worker():
        return None
    held_out = data.train.select(np.concatenate([places for _, places in folds]))
    return _best(network, np.concatenate(found), held_out, data, c)


def forget(checkpoint):
    """Delete what trainings without a part have left beside a run."""
    for fold in range(HELD_OUT):
        replace(checkpoint, name=f"{SAVED}_{fold}").path.unlink(missing_ok=True)


def settle(network, data, c, share):
    """Multiply what a trained network adds to the linear model by its share, which the validation set tells if any.

    Parameters: network, with the linear model beside it; share, of held_out_share.
    Returns: (share or None, the network's output for the validation set or None). The output for each half of that set
    is that with the share which the other half chose: it is as new to the network as the test set.
    """
    validation, decides = data.validation, data.task.linear_beside(data, c)
    if decides and validation is not None and len(validation) >= 2 * LEAST:
        weights, outputs = _weights(network, data), []
        answers, halves = _answers(network, validation, data), np.array_split(np.arange(len(validation)), 2)
        for own, other in (halves, halves[::-1]):
            _multiply(network, weights, _best(network, answers[other], validation.select(other), data, c))
            outputs.append(predict(network, validation.select(own)))
        share = _best(network, answers, validation, data, c)
        _multiply(network, weights, share)
        return share, np.concatenate(outputs)
    if share is not None:
        _multiply(network, _weights(network, data), share)
    return share, None if validation is None else predict(network, validation)


def is_linear_model(share, task, data):
    """Tell whether a network is the report's linear model, none of its own counting: rounding must not part them."""
    return share == 0 and OUTPUT in task.shared_layers(data) and data.preparation.kind != "texts"


def share_line(share, task, data):
    """Say what the share is. Returns: list of one line, or none where nothing was decided."""
    if share is None:
        return []
    own, other, are = "the network", "the linear model", "its"
    if OUTPUT not in task.shared_layers(data):
        own, other, are = "the linear models", "the network", "their"
    add = f"add{'s' * (are == 'its')}"
    own = f"{own[0].upper()}{own[1:]}"
    if share == 0:
        return [f"{own} {add} nothing to {other} here: {are} share, chosen on held-out data, is 0"]
    it, end = ("it", "'s") if are == "its" else ("they", "'")
    return [f"{own}{end} share: {share:.2f} of what {it} {add} to {other} (1 is all), chosen on held-out data"]


def _weights(network, data):
    """Return {name of a layer: its weights} of what the share multiplies."""
    return {name: network.get_layer(name).get_weights() for name in data.task.shared_layers(data)}


def _multiply(network, weights, share):
    """Set the weights of layers to `share` times `weights`, {name: those of a layer}."""
    for name, own in weights.items():
        network.get_layer(name).set_weights([share * values for values in own])


def _answers(network, split, data):
    """Return what is left as it is and what is multiplied, of the two that are added, for a Split: (n, 2, outputs)."""
    both = network.get_layer(SUM).input
    both = layers.Concatenate()(both if OUTPUT in data.task.shared_layers(data) else both[::-1])
    return predict(keras.Model(network.input, both), split).reshape(len(split), 2, -1)


def _best(network, answers, split, data, c):
    """Return the share with the lowest loss on a Split; the losses of all tasks are convex in it.

    Parameters: answers, of `_answers`; network, whose last layer may have an activation.
    """
    task, (kept, own) = data.task, answers.transpose(1, 0, 2)
    y, weights = task.loss_targets(split, data, c), task.sample_weights(split.y, c)
    y = y.reshape(len(y), -1) if kept.shape[1] == 1 else y
    loss = keras.losses.get(task.compile_arguments(network)["loss"])
    loss, activation = getattr(loss, "call", loss), getattr(network.layers[-1], "activation", None)  # of each sequence

    def mean_loss(share):
        output = kept + share * own
        output = output if activation is None else np.asarray(activation(output))
        measured = np.where(np.isnan(y), output, y) if y.dtype.kind == "f" else y
        return np.average(np.asarray(loss(measured, output), np.float64), weights=weights)

    found = optimize.minimize_scalar(mean_loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-6})
    return min(0.0, round(float(found.x), 4), 1.0, key=mean_loss)
