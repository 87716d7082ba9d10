"""Frames through a network of keras.applications that was trained on ImageNet: its features, once for each clip.

Training sees the features, (n, time, k), and the saved network gets the encoder in front: it takes raw clips.
"""

import functools
import hashlib
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
from networks.layer_names import ENCODER
from networks.raw_inputs import behind
from sequences.preparation import FrameEncoder
from sequences.rows_on_disk import open_npy
from sequences.statistics import content_fingerprint
from sequences.types import at_once

BASE = "https://storage.googleapis.com"
LEAST_SIZE = 32  # pixels of a frame's side that keras.applications takes without a top
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


def encode_splits(splits, preparation, c):
    """Replace the clips of splits by the features of their frames, from the cache or made once.

    Parameters: splits, {name: Split} of clips (n, time, height, width, 1 or 3), whole numbers from 0 to 255.
    Returns: ({name: Split} of float32 (n, time, k) with the clips as `frames`, the Preparation with its FrameEncoder,
    the note that says so). Raises: InputError for other clips, and for weights that are missing or do not fit.
    """
    clips = [*{id(own.all_x): own.all_x for own in splits.values()}.values()]
    encoder, frame = ENCODERS[c.FRAME_ENCODER], preparation.features
    check_frames(clips, frame, c.FRAME_ENCODER, c.DATASET)
    path, imagenet = find_weights(frame, c)
    checksum = sha256(path)

    def features():
        model = load_encoder(frame, path, imagenet, c)
        for own in clips:
            yield from features_of(model, own)

    shape = (sum(map(len, clips)), preparation.steps, encoder.features)
    key = content_fingerprint([clips, c.FRAME_ENCODER, checksum, str(imagenet)])[:32]
    rows = tracked(features(), f"Frames through {c.FRAME_ENCODER}, clips", shape[0])
    kept, _ = cached(key, shape, rows, FEATURE_CACHE, np.float32)
    try:
        whole = open_npy(kept)
        fits = whole is not None and whole.shape == shape
    except (ValueError, OSError):
        fits = False
    if not fits:
        raise InputError(f"{shown(kept)} is damaged, delete it: the features are made anew")
    if np.prod(shape, dtype=object) * 4 <= MEMORY:
        whole = whole[:]
    encoded, first = {}, 0
    for own in clips:
        last = first + len(own)
        encoded[id(own)] = whole[first:last] if isinstance(whole, np.ndarray) else whole.between(first, last)
        first = last
    splits = {
        name: replace(own, all_x=encoded[id(own.all_x)], frames=own.all_x, dtype="float32")
        for name, own in splits.items()
    }
    origin = f"ImageNet weights of keras.applications, {encoder.licence}" if imagenet else "their licence is not known"
    note = (
        f"frames went through {c.FRAME_ENCODER} (FRAME_ENCODER), which is not trained: {encoder.features} features of "
        f"each; weights {path.name}, SHA-256 {checksum}: {origin}"
    )
    return splits, replace(preparation, frame_encoder=FrameEncoder(c.FRAME_ENCODER, path.name, checksum)), note


def prepend_encoder(model, preparation, c):
    """Put the encoder before a trained network of features: it takes raw clips (n, time, height, width, channels)."""
    frame, learned = preparation.features, preparation.frame_encoder
    path, imagenet = find_weights(frame, c)
    if sha256(path) != learned.checksum:
        raise InputError(f"{path} has changed since the features were made: run this script again")
    encoder = load_encoder(frame, path, imagenet, c)
    clips = keras.Input((preparation.steps, *frame), dtype="uint8", name="clips")
    features = ops.reshape(encoder(ops.reshape(clips, (-1, *frame))), (-1, preparation.steps, encoder.output_shape[1]))
    return behind(clips, features, model)


def encode_new(model, clips, where):
    """Return the features, float32 (n, time, k), of new clips by the encoder in a saved model. Raises: InputError."""
    encoder = model.get_layer(ENCODER)
    check_frames([clips], clips.shape[2:], "the run", where)
    return np.stack([*tracked(features_of(encoder, clips), "Frames through the encoder, clips", len(clips))])


def features_of(encoder, clips):
    """Yield the features of each clip, float32 (time, k). Each goes by itself: the same bits beside any others."""
    call = tf.function(functools.partial(encoder, training=False), autograph=False)
    size = at_once(clips.shape[1:])
    for start in range(0, len(clips), size):
        for clip in np.asarray(clips[start : start + size]).astype(np.uint8):
            yield call(tf.convert_to_tensor(clip)).numpy()


def check_frames(arrays, frame, who, where):
    """Raise InputError for clips whose frames (height, width, channels) or values no encoder takes."""
    *sides, channels = frame
    if min(sides) < LEAST_SIZE:
        size = f"frames of {' × '.join(map(str, sides))} pixels, {who} takes {LEAST_SIZE} × {LEAST_SIZE} at least"
        raise InputError(f"{where} has {size}: set FRAME_SIZE higher, or scale the frames of an array")
    if channels not in (1, 3):
        raise InputError(f"{where} has frames of {channels} channels; {who} takes 3 (colours) or 1 (grey)")
    for own in arrays:
        size = at_once(own.shape[1:])
        for start in range(0, len(own) if own.dtype != np.uint8 else 0, size):
            block = np.asarray(own[start : start + size])
            if not ((block >= 0) & (block <= 255) & (block == np.round(block))).all():
                whole = "whole numbers from 0 to 255, which FRAME_ENCODER needs"
                raise InputError(f"{where} has values that are not {whole}: scale and round them, save them as uint8")


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


def load_encoder(frame, path, imagenet, c):
    """Build the encoder with the weights in a file.

    Returns: keras.Model from frames uint8 (n, height, width, channels) to features (n, k). Raises: InputError.
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
    frames = keras.Input(tuple(frame), dtype="uint8", name="frames")
    x = ops.cast(frames, "float32")
    if frame[-1] == 1:
        x = ops.repeat(x, 3, axis=-1)
    if encoder.rescaling:
        x = layers.Rescaling(*encoder.rescaling)(x)
    return keras.Model(frames, network(x), name=ENCODER)
