"""Linear models as layers, which training leaves as they are."""

from core.lazy import keras, layers
from networks.layer_names import LINEAR, OUTPUT, SUM


def linear_part(x, solution, name=LINEAR):
    """Apply a linear model to the flattened sequence.

    Parameters: x (n, time, features) as the network sees it, or features of it (n, k); solution, a
    baselines.ridge.LinearModel of the same values.
    Returns: (n, outputs).
    """
    layer = layers.Dense(solution.weights.shape[1], name=name, trainable=False)
    outputs = layer(layers.Flatten()(x))
    layer.set_weights([solution.weights, solution.intercept])
    return outputs


def set_linear_part(model, solution):
    """Give a network's linear part another baselines.ridge.LinearModel."""
    model.get_layer(LINEAR).set_weights([solution.weights, solution.intercept])


def with_logits(model, added, network_share=1.0):
    """Add logits to those of a trained network of classes, before they become probabilities.

    Parameters: model, ends with the layer OUTPUT; added, a Keras tensor (n, outputs) made of the model's;
    network_share, what the network's own logits are multiplied by.
    Returns: keras.Model.
    """
    last = model.get_layer(OUTPUT)
    own = layers.Dense(last.units, name=OUTPUT)
    logits = layers.Add(name=SUM)([added, own(last.input)])
    own.set_weights([network_share * weights for weights in last.get_weights()])
    return keras.Model(model.input, layers.Activation(last.activation, name="probabilities")(logits))
