"""Clips and pictures through a network of keras.applications that was trained on ImageNet: their features, made once.

Training sees the features, (n, time, k), and the saved network gets the encoder in front: it takes raw clips, or raw
pictures as the rows of their pixels.
"""

import functools
import hashlib
import math
import os
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.clip_cache import FEATURE_CACHE, cached
from core.errors import DAMAGED, InputError, reason
from core.files import project_path, shown
from core.lazy import keras, layers, ops, tf
from core.progress import tracked
from core.run_folder import sha256
from core.wording import counted
from networks.layer_names import ENCODER
from networks.raw_inputs import behind
from networks.size_checks import least_steps
from sequences.preparation import FrameEncoder
from sequences.rows_on_disk import open_npy
from sequences.statistics import content_fingerprint
from sequences.types import at_once

BASE = "https://storage.googleapis.com"
LEAST_SIZE = 32  # pixels of a frame's side that keras.applications takes without a top
STRIDE = 32  # pixels from one place of the last feature map to the next, of all encoders below
SIZES = (96, 128, 160, 192)  # pixels of square frames that MobileNetV2 has weights of its own for; all others: 224
MEMORY = 2**30  # bytes that features may take in memory; more stay in their file
UNSTATED = "Keras' source states no licence of them"
APACHE = "under the Apache License, say the docs of Keras 2 (docs/templates/applications.md)"  # of keras-team/keras


@dataclass(frozen=True)
class Encoder:
    """A network of keras.applications, and where Keras gets its ImageNet weights (3.15's source)."""

    features: int  # of a frame
    address: str
    licence: str  # of the weights at that address
    md5: str | None = None  # that Keras gives of this file; None: it gives none
    rescaling: tuple | None = None  # (factor, summand) of pixels, where the network does not prepare them itself
    # What the variance of the network's Normalization is multiplied by with ImageNet weights: Keras divides by the
    # roots with weights="imagenet", and not with a file (tensorflow/tensorflow#49930).
    variance: tuple | None = None


# Name in keras.applications: its entry here is all that an encoder needs.
ENCODERS = {
    "MobileNetV3Small": Encoder(
        576,
        f"{BASE}/tensorflow/keras-applications/mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
        UNSTATED,
        md5="d3e8ec802a04aa4fc771ee12a9a9b836",
    ),
    "MobileNetV2": Encoder(
        1280,
        f"{BASE}/tensorflow/keras-applications/mobilenet_v2/"
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_{size}_no_top.h5",
        APACHE,
        rescaling=(1 / 127.5, -1.0),
    ),
    "EfficientNetB0": Encoder(
        1280,
        f"{BASE}/keras-applications/efficientnetb0_notop.h5",
        UNSTATED,
        md5="50bc09e76180e00e4465e1a485ddc09d",
        variance=(0.229, 0.224, 0.225),
    ),
}


def encode_splits(splits, sequences, preparation, c):
    """Replace the clips or pictures of splits by their features, from the cache or made once.

    Of a clip the features of each frame are a time step; of a picture those of each place of the last feature map are,
    row by row, so that there is something to convolve over.
    Parameters: splits, {name: Split} of clips (n, time, height, width, channels) or pictures (n, height, width ×
    channels), 1 channel or 3, whole numbers from 0 to 255; sequences, the Sequences that they are of.
    Returns: ({name: Split} of float32 (n, time, k) with what they were as `frames`, the Preparation with its
    FrameEncoder, the note that says so). Raises: InputError for other clips and pictures, and for weights that are
    missing or do not fit.
    """
    arrays = [*{id(own.all_x): own.all_x for own in splits.values()}.values()]
    encoder, picture = ENCODERS[c.FRAME_ENCODER], sequences.picture
    frame = picture or preparation.features
    what, unit = ("pictures", "Pictures") if picture else ("frames", "Frames")
    check_size(frame, sequences, c)
    if max(check_values(own, c.DATASET) for own in arrays) <= 1:
        raise InputError(
            f"{c.DATASET} has {what} without a value above 1: multiply them, 255 is white for FRAME_ENCODER"
        )
    path, imagenet = find_weights(frame, c)
    checksum = sha256(path)

    def features():
        model = load_encoder(frame, path, imagenet, c, of_pictures=picture is not None)
        for own in arrays:
            yield from features_of(model, own)

    height, width = map_size(frame)
    shape = (sum(map(len, arrays)), height * width if picture else preparation.steps, encoder.features)
    key = content_fingerprint([arrays, c.FRAME_ENCODER, checksum, str(imagenet), str(picture)])[:32]
    rows = tracked(features(), f"{unit} through {c.FRAME_ENCODER}, {what if picture else 'clips'}", shape[0])
    whole = cached_features(key, shape, rows)
    encoded, first = {}, 0
    for own in arrays:
        last = first + len(own)
        encoded[id(own)] = whole[first:last] if isinstance(whole, np.ndarray) else whole.between(first, last)
        first = last
    splits = {
        name: replace(own, all_x=encoded[id(own.all_x)], frames=own.all_x, dtype="float32")
        for name, own in splits.items()
    }
    made = f"{encoder.features} features of each"
    if picture:
        made += f" of {height} × {width} places, which are the time steps, row by row, in place of rows of pixels"
    learned = FrameEncoder(c.FRAME_ENCODER, path.name, checksum)
    return splits, replace(preparation, frame_encoder=learned), encoding_note(what, made, learned, imagenet)


def encoding_note(what, made, encoder, imagenet):
    """Name the FrameEncoder that what went through, what it made, and the licence of its weights."""
    licence = ENCODERS[encoder.name].licence
    origin = f"ImageNet weights of keras.applications, {licence}" if imagenet else "their licence is not known"
    went = f"{what} went through {encoder.name} (FRAME_ENCODER), which is not trained: {made}"
    return f"{went}; weights {encoder.weights}, SHA-256 {encoder.checksum}: {origin}"


def cached_features(key, shape, rows):
    """Return features (n, time, k) from runs/features, where `rows` are written first if they are not there."""
    kept, _ = cached(key, shape, rows, FEATURE_CACHE, np.float32)
    try:
        whole = open_npy(kept)
        fits = whole is not None and whole.shape == shape
    except (ValueError, OSError):
        fits = False
    if not fits:
        raise InputError(f"{shown(kept)} is damaged, delete it: the features are made anew")
    return whole[:] if np.prod(shape, dtype=object) * 4 <= MEMORY else whole


def prepend_encoder(model, data, c):
    """Put the encoder before a trained network of features: it takes raw sequences.

    They are clips (n, time, height, width, channels) or pictures (n, height, width × channels), uint8.
    """
    preparation, picture = data.preparation, data.sequences.picture
    frame, learned = picture or preparation.features, preparation.frame_encoder
    path, imagenet = find_weights(frame, c)
    if sha256(path) != learned.checksum:
        raise InputError(f"{path} has changed since the features were made: run this script again")
    encoder = load_encoder(frame, path, imagenet, c, of_pictures=picture is not None)
    shape, name = (preparation.steps, *preparation.features), "pictures" if picture else "clips"
    raw = keras.Input(shape, dtype="uint8", name=name)
    if picture:
        return behind(raw, encoder(raw), model)
    features = ops.reshape(encoder(ops.reshape(raw, (-1, *frame))), (-1, preparation.steps, encoder.output_shape[1]))
    return behind(raw, features, model)


def encode_new(model, new, where):
    """Return the features, float32 (n, time, k), of new clips or pictures by a saved model's encoder.

    new: arrays (n, time, ...) as encode_splits has them. Raises: InputError for values that no encoder takes.
    """
    check_values(new, where)
    rows = features_of(model.get_layer(ENCODER), new)
    return np.stack([*tracked(rows, "Through the encoder, clips or pictures", len(new))])


def features_of(encoder, sequences):
    """Yield the features of each clip or picture, float32 (time, k).

    Each goes by itself: the same bits beside any others. Of a clip, the encoder takes the frames.
    """
    call = tf.function(functools.partial(encoder, training=False), autograph=False)
    size, axes = at_once(sequences.shape[1:]), len(encoder.input_shape)
    for start in range(0, len(sequences), size):
        for own in np.asarray(sequences[start : start + size]).astype(np.uint8):
            features = call(tf.convert_to_tensor(own if own.ndim == axes else own[None])).numpy()
            yield features.reshape(-1, features.shape[-1])


def map_size(frame):
    """Return height and width of the last feature map of a frame (height, width, channels)."""
    return tuple(-(-side // STRIDE) for side in frame[:2])


def check_size(frame, sequences, c):
    """Raise InputError for frames (height, width, channels) that encoder or, of pictures, network cannot take."""
    *sides, channels = frame
    what = "pictures" if sequences.picture else "frames"
    if channels not in (1, 3):
        more = ", X[..., :3] leaves transparency out" if channels == 4 else ""
        raise InputError(
            f"{c.DATASET} has {what} of {channels} channels; {c.FRAME_ENCODER} takes 3 (colours) or 1 (grey){more}"
        )
    least = least_steps(c) if sequences.picture else 0
    if min(sides) < LEAST_SIZE:
        problem = f"{c.FRAME_ENCODER} takes {LEAST_SIZE} × {LEAST_SIZE} at least"
    elif (steps := math.prod(map_size(frame))) < least:
        needed = f"KERNEL_SIZE = {c.KERNEL_SIZE} and POOL_SIZE = {c.POOL_SIZE} need {least}"
        problem = f"of which {c.FRAME_ENCODER} makes {counted(steps, 'time step')} each; {needed}"
    else:
        return
    times = 2
    while min(sides) * times < LEAST_SIZE or math.prod(map_size([side * times for side in sides])) < least:
        times += 1
    way = f"set FRAME_SIZE = {max(LEAST_SIZE, STRIDE * math.ceil(math.sqrt(least)))} or more"
    if sequences.names is None:  # an array
        way = f"save them larger (numpy.repeat by {times} along height and width makes {times * sides[0]} × "
        way += f"{times * sides[1]})"
    size = " × ".join(map(str, sides))
    raise InputError(f"{c.DATASET} has {what} of {size} pixels, {problem}: {way}")


def check_values(frames, where):
    """Return the highest value of clips or pictures (n, ...). Raises: InputError for values that no encoder takes."""
    size, highest = at_once(frames.shape[1:]), 0
    for start in range(0, len(frames), size):
        block = np.asarray(frames[start : start + size])
        if block.dtype != np.uint8 and not ((block >= 0) & (block <= 255) & (block == np.round(block))).all():
            whole = "whole numbers from 0 to 255, which FRAME_ENCODER needs"
            raise InputError(f"{where} has values that are not {whole}: scale and round them, save them as uint8")
        highest = max(highest, int(block.max()))
    return highest


def find_weights(frame, c):
    """Return (the path of the encoder's weights, whether they are Keras' ImageNet weights).

    Raises: InputError where they are not there and cannot be downloaded.
    """
    encoder = ENCODERS[c.FRAME_ENCODER]
    if c.FRAME_ENCODER_WEIGHTS is not None:
        path = project_path(c.FRAME_ENCODER_WEIGHTS, "FRAME_ENCODER_WEIGHTS")
        if not path.is_file():
            raise InputError(f"FRAME_ENCODER_WEIGHTS = {c.FRAME_ENCODER_WEIGHTS!r} is not found, or no file")
        try:
            return path, hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == encoder.md5
        except OSError as error:
            raise InputError(f"{path} cannot be read: {reason(error)}") from error
    size = frame[0] if frame[0] == frame[1] and frame[0] in SIZES else 224
    address = encoder.address.format(size=size)
    name, home = address.rpartition("/")[2], Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        found = keras.utils.get_file(name, address, cache_subdir="models", file_hash=encoder.md5, cache_dir=home)
    except Exception as error:  # Keras raises no narrower one for a download that fails
        if type(error) is not Exception and not isinstance(error, (OSError, ValueError)):
            raise
        why = str(error).strip().split("\n")[0].rpartition(" -- ")[2][:200]
        raise InputError(
            f"the weights of FRAME_ENCODER = {c.FRAME_ENCODER!r} cannot be downloaded ({why}): get {address} elsewhere "
            f"and put it at {home / 'models' / name}, or set FRAME_ENCODER_WEIGHTS to its path"
        ) from error
    return Path(found), True


def load_encoder(frame, path, imagenet, c, of_pictures=False):
    """Build the encoder with the weights in a file.

    Returns: keras.Model from frames uint8 (n, height, width, channels) to features (n, k), of_pictures from their rows
    (n, height, width × channels) to the last feature map (n, places, k). Raises: InputError.
    """
    encoder = ENCODERS[c.FRAME_ENCODER]
    make = getattr(keras.applications, c.FRAME_ENCODER)
    network = make(include_top=False, weights=None, input_shape=(*frame[:2], 3), pooling="avg")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # of layers that would keep their random weights
            network.load_weights(path)
    except (UserWarning, TypeError, AttributeError, ImportError, *DAMAGED) as error:
        why = " ".join(str(error).split())[:100]
        raise InputError(
            f"{path} holds no weights of {c.FRAME_ENCODER} that Keras reads, without the top (include_top=False): {why}"
        ) from error
    for layer in network.layers if imagenet and encoder.variance else ():
        if isinstance(layer, layers.Normalization):
            layer.adapt_variance.assign(layer.adapt_variance * np.array(encoder.variance, np.float32))
            layer.finalize_state()
    network.trainable = False
    frames = keras.Input((frame[0], frame[1] * frame[2]) if of_pictures else tuple(frame), dtype="uint8", name="frames")
    x = ops.cast(frames, "float32")
    if of_pictures:
        x = layers.Reshape(tuple(frame))(x)
    if frame[-1] == 1:
        x = ops.repeat(x, 3, axis=-1)
    if encoder.rescaling:
        x = layers.Rescaling(*encoder.rescaling)(x)
    if not of_pictures:
        return keras.Model(frames, network(x), name=ENCODER)
    feature_map = keras.Model(network.input, network.layers[-1].input)  # before it is averaged
    return keras.Model(frames, layers.Reshape((-1, encoder.features))(feature_map(x)), name=ENCODER)
