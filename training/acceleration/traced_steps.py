"""One network for several trainings of one shape in one process: its steps are traced once.

Tracing takes a second, as long as twenty epochs of small data. The repeats of a trial and the folds of a
cross-validation differ in first weights and in what their sequences are standardised by, and else in nothing that a
traced step holds.
"""

import json

from core.lazy import keras, tf

KEPT = 6  # networks with their traced steps: those of a search's trials, of which the best come again

_kept = {}  # of this process: {what the steps depend on: (network, its traced steps)}, the latest last


def reused(model, data):
    """Return (a network of this process if one differs from a new `model` by no more, else `model`; its steps).

    What comes back has the weights and the standardisation of `model`, and is to be trained by training.fit.fit with
    these steps, {} at first. What it was trained to before is lost.
    """
    if model.distribute_strategy.num_replicas_in_sync > 1:  # Keras' own fit trains it
        return model, {}
    key = json.dumps([_anonymous(model), data.state], sort_keys=True)
    if key not in _kept:
        for layer in _standardisations(model):  # constants would become a part of what is traced
            layer.mean, layer.variance = tf.Variable(layer.mean), tf.Variable(layer.variance)
        _kept[key] = model, {}
        if len(_kept) > KEPT:
            del _kept[next(iter(_kept))]
        return _kept[key]
    earlier, steps = _kept[key] = _kept.pop(key)
    for own, new in zip(earlier.variables, model.variables):
        own.assign(new)
    for own, new in zip(_standardisations(earlier), _standardisations(model)):
        own.mean.assign(new.mean)
        own.variance.assign(new.variance)
    return earlier, steps


def _standardisations(model):
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)]


def _anonymous(model):
    """Return the configuration of a network as text, without what it is standardised by and with names that repeat."""
    described = json.loads(model.to_json())
    for layer in described["config"]["layers"]:
        if layer["class_name"] == "Normalization":
            layer["config"] |= {"mean": None, "variance": None}
    text = json.dumps(described, sort_keys=True)
    names = [model.name, *(part.name for part in (*model.operations, *model._flatten_layers()))]
    for place, name in enumerate(dict.fromkeys(names)):  # Keras numbers the layers of a process
        text = text.replace(f'"{name}"', f'"part {place}"')
    return text
