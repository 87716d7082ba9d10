"""Many steps in one call of TensorFlow, traced once for all trainings of one shape in a process.

Keras' `fit` makes a call, a progress update and an iterator step for each batch; here one call runs the model's own
`train_step` for all batches of a block. Tracing it takes a second, as long as twenty epochs of small data: the repeats
of a trial and the folds of a cross-validation, which differ in nothing that a traced step holds, share it.
"""

import functools
import json

from core.lazy import keras, tf
from core.records import to_plain
from training import acceleration
from training.batches import to_tensors

MOST_NETWORKS = 6  # remembered, with their traced steps: those of a search's trials, of which the best come again

_networks = {}  # of this process: {what the steps depend on: (network, its traced steps)}, the latest last


def block_calls(model, step_name, loader, traced_steps):
    """Yield (function that runs a step on each batch of a block, number of these batches) for each block of a loader.

    Parameters: step_name: "train_step" or "test_step". traced_steps: {(name, batch size, types): function}, to which
    what is traced is added.
    """
    batch_size = loader.batch_size
    for i in range(len(loader)):
        block = to_tensors(loader[i])
        signature = tuple(tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype) for tensor in block)
        key = step_name, batch_size, signature
        if key not in traced_steps:
            _create_variables(model, block)
            steps = functools.partial(_run_steps, getattr(model, step_name), batch_size)
            traced_steps[key] = tf.function(steps, [signature], autograph=False)
        yield functools.partial(traced_steps[key], block), -(-len(block[0]) // batch_size)


def _run_steps(step, batch_size, block):
    """Run `step` on each batch of a block, a tuple of tensors of equal length."""
    rows = tf.shape(block[0])[0]

    def run_one(start):
        step(tuple(tensor[start : start + batch_size] for tensor in block))
        return (start + batch_size,)

    tf.while_loop(lambda start: start < rows, run_one, (tf.constant(0),), parallel_iterations=1)


def _create_variables(model, block):
    """Create the variables of metrics and optimizer: created while tracing, they would cost a second trace."""
    x, y, *weights = (array[:1] for array in block)
    # No forward pass: that would advance dropout's random generators.
    output = tf.zeros((1, *(size or 1 for size in model.output_shape[1:])))
    model.compute_metrics(x, y, output, *weights)
    model.reset_metrics()
    model.optimizer.build(model.trainable_variables)


def reuse_network(model, data):
    """Return (an earlier network of this process if one is equal but for its weights, else `model`; its traced steps).

    An earlier network gets the weights and the standardisation of `model`; what it had learned is lost. It is to be
    trained by training.fit.fit with these steps, {} at first.
    """
    if not acceleration.applies_to(model):
        return model, {}
    key = json.dumps([_anonymous_config(model), to_plain(data.task), data.trains_with_gaps], sort_keys=True)
    if key not in _networks:
        for layer in _standardisations(model):  # constants would be traced with the steps
            layer.mean, layer.variance = tf.Variable(layer.mean), tf.Variable(layer.variance)
        _networks[key] = model, {}
        if len(_networks) > MOST_NETWORKS:
            del _networks[next(iter(_networks))]
        return _networks[key]
    earlier, traced_steps = _networks[key] = _networks.pop(key)
    for own, new in zip(earlier.variables, model.variables):
        own.assign(new)
    for own, new in zip(_standardisations(earlier), _standardisations(model)):
        own.mean.assign(new.mean)
        own.variance.assign(new.variance)
    return earlier, traced_steps


def _standardisations(model):
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)]


def _anonymous_config(model):
    """Return the configuration of a network as text, without its standardisation and the numbers in Keras' names."""
    described = json.loads(model.to_json())
    for layer in described["config"]["layers"]:
        if layer["class_name"] == "Normalization":
            layer["config"] |= {"mean": None, "variance": None}
    text = json.dumps(described, sort_keys=True)
    names = [model.name, *(layer.name for layer in (*model.operations, *model._flatten_layers()))]
    for i, name in enumerate(dict.fromkeys(names)):  # Keras numbers the layers of a process
        text = text.replace(f'"{name}"', f'"layer {i}"')
    return text
