"""One network for several trainings of one shape in one process: its steps are traced once.

Tracing takes a second, as long as twenty epochs of small data. The repeats of a trial and the folds of a
cross-validation differ in first weights and in what their sequences are standardised by, and else in nothing that a
traced step holds.
"""

import json

from project.quiet_tensorflow import keras, tf

_last = {}  # of this process: {what the steps depend on: (network, its traced steps)}, one at most


def reused(model, data):
    """Return (the last network of this process if it differs from a new `model` by no more, else `model`, its steps).

    What comes back has the weights and the standardisation of `model`, and is to be trained by training.loop.fit with
    these steps, {} at first. The last training's results must be taken out before.
    """
    if model.distribute_strategy.num_replicas_in_sync > 1:  # Keras' own fit trains it
        return model, {}
    key = json.dumps([_anonymous(model), data.state], sort_keys=True)
    if key not in _last:
        for layer in _standardisations(model):  # constants would become a part of what is traced
            layer.mean, layer.variance = tf.Variable(layer.mean), tf.Variable(layer.variance)
        _last.clear()
        _last[key] = model, {}
        return _last[key]
    last, steps = _last[key]
    for own, new in zip(last.variables, model.variables):
        own.assign(new)
    for own, new in zip(_standardisations(last), _standardisations(model)):
        own.mean.assign(new.mean)
        own.variance.assign(new.variance)
    return last, steps


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
