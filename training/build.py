"""Build the network of the task, its first weights drawn from SEED or taken from another run."""

from core.errors import InputError
from core.files import project_path
from core.lazy import keras
from networks.layer_names import CONVOLUTION, EMBEDDING, LINEAR, NORMALISE, OUTPUT
from training.epochs import training_scope
from training.saved_run import open_run


def build(data, build_model, c):
    """Build the network for `data`, of plain Keras layers.

    Parameters: build_model, of cnn_lstm_model.py.
    Returns: keras.Model, not compiled. Raises: InputError where PRETRAINED_RUN does not fit.
    """
    keras.utils.set_random_seed(c.SEED)
    with training_scope():
        model = data.task.network(data, c, build_model)
    if c.PRETRAINED_RUN is not None:
        run = open_run(project_path(c.PRETRAINED_RUN, "PRETRAINED_RUN"))
        theirs, own = (of.preparation.frame_encoder for of in (run, data))
        if theirs and own and theirs != own:
            features = [f"features of {encoder.name} (SHA-256 {encoder.checksum[:12]}…)" for encoder in (theirs, own)]
            raise InputError(
                f"PRETRAINED_RUN = {c.PRETRAINED_RUN!r} learned {features[0]}, these are {features[1]}: set "
                f"FRAME_ENCODER = {theirs.name!r} and its weights as that run has them"
            )
        same_words = run.preparation.vocabulary == data.preparation.vocabulary
        taken, new = transfer_weights(model, run.load_model(), c.FREEZE_CNN, () if same_words else (EMBEDDING,))
        print(f"Weights taken from {c.PRETRAINED_RUN}: {', '.join(taken) or 'none'}; new: {', '.join(new)}")
    return model


def transfer_weights(model, pretrained, freeze_cnn=False, left_out=()):
    """Start `model` from the weights of `pretrained`, in all layers but the last where names and shapes agree.

    Parameters: freeze_cnn: do not train the convolutions and their normalisation. left_out: names of layers that start
    anew, such as the embedding of another vocabulary.
    Returns: (names of the layers taken over, names of those that start anew).
    Raises: InputError where convolutions to freeze differ or are missing: new ones would stay untrained.
    """
    taken, new, frozen = [], [], []
    pretrained_layers = {layer.name: layer for layer in pretrained.layers}
    for layer in model.layers:
        if not layer.weights:
            continue
        weights = pretrained_layers[layer.name].get_weights() if layer.name in pretrained_layers else []
        same_shapes = [w.shape for w in weights] == [tuple(w.shape) for w in layer.weights]
        if same_shapes and layer.name not in (OUTPUT, LINEAR, *left_out):
            layer.set_weights(weights)
            taken.append(layer.name)
        else:
            new.append(layer.name)
        if freeze_cnn and layer.name.startswith((CONVOLUTION, NORMALISE)):
            layer.trainable = False
            frozen.append(layer.name)
    if freeze_cnn and (not frozen or set(frozen) & set(new)):
        what = "differ from its own (FILTERS, KERNEL_SIZE, features)" if frozen else "are not in this ARCHITECTURE"
        raise InputError(f"FREEZE_CNN = True is impossible: the convolutions of PRETRAINED_RUN {what}")
    return taken, new
