"""Put task and backbone together to a network, its first weights drawn from SEED or taken from another run."""

from core.errors import InputError
from core.files import project_path
from core.lazy import keras
from core.run_folder import load_model, load_record
from tasks import trained_task
from training.epochs import training_scope


def build(data, backbone, c):
    """Build the network for `data`, not compiled, of plain Keras layers.

    backbone: function (x, c) from a Keras tensor (n, time, features[, ...]) to features (n, k), as in cnn_lstm_model.
    """
    keras.utils.set_random_seed(c.SEED)
    with training_scope():
        steps, *features = data.train.shape
        inputs = keras.Input((None if data.preparation["any_length"] else steps, *features))
        model = keras.Model(inputs, data.task.network(inputs, backbone, data, c))
    if c.PRETRAINED_RUN is not None:
        pretrained, vocabulary = pretrained_model(c)
        alike = vocabulary == data.preparation["vocabulary"]
        taken, new = transfer_weights(model, pretrained, c.FREEZE_CNN, () if alike else ("embedding",))
        print(f"Weights taken from {c.PRETRAINED_RUN}: {', '.join(taken) or 'none'}; new: {', '.join(new)}")
    return model


def pretrained_model(c):
    """Load PRETRAINED_RUN. Returns: (its model, its vocabulary or None). Raises InputError for a damaged run."""
    folder = project_path(c.PRETRAINED_RUN, "PRETRAINED_RUN")
    record = load_record(folder)
    model = load_model(folder, record, trained_task(record, folder).output_shape(record["state"]))
    return model, record["preparation"]["vocabulary"]


def transfer_weights(model, pretrained, freeze_cnn=False, without=()):
    """Start `model` from the convolution and LSTM weights of `pretrained`, where names and shapes agree.

    freeze_cnn: keep the convolutions (and their normalisation) as they are while training; without: names of layers
    that start anew, such as the embedding of another vocabulary.
    Returns: (names of the layers taken over, names of the layers that stay new). Raises InputError where there is
    nothing to keep, or convolutions differ: new ones would stay untrained.
    """
    taken, new, kept = [], [], []
    known = {layer.name: layer for layer in pretrained.layers}
    for layer in model.layers:
        if not layer.weights:
            continue
        weights = known[layer.name].get_weights() if layer.name in known else []
        alike = [w.shape for w in weights] == [tuple(w.shape) for w in layer.weights]
        if layer.name not in ("output", "linear", *without) and alike:
            layer.set_weights(weights)
            taken.append(layer.name)
        else:
            new.append(layer.name)
        if freeze_cnn and layer.name.startswith(("convolution", "normalise")):
            layer.trainable = False
            kept.append(layer.name)
    if freeze_cnn and (not kept or set(kept) & set(new)):
        what = "differ from its own (FILTERS, KERNEL_SIZE, features)" if kept else "are not in this ARCHITECTURE"
        raise InputError(f"FREEZE_CNN = True is impossible: the convolutions of PRETRAINED_RUN {what}")
    return taken, new
