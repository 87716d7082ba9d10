"""Frames through a pre-trained encoder: the features are Keras' own, and the saved run takes raw clips."""

import csv
import hashlib
import json
import re
from dataclasses import replace
from urllib.error import URLError

import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import evaluate_model
import predict_model
import train_model
from baselines.ridge import STRENGTHS
from core.constants import read_constants
from core.errors import InputError
from networks import pretrained_encoders
from readers.media.video import read_clip
from sequences.preparation import FrameEncoder
from tests.conftest import load

FRAMES, SIZE = 4, 32


def application(name, weights=None):
    """Build a network of keras.applications; without weights they are random."""
    keras.utils.set_random_seed(0)
    make = getattr(keras.applications, name)
    return make(weights=weights, include_top=False, input_shape=(SIZE, SIZE, 3), pooling="avg")


def write_clips(folder, n=24, size=SIZE):
    rng = np.random.default_rng(0)
    for k in range(n):
        path = folder / "ab"[k % 2] / f"{k}.gif"
        path.parent.mkdir(parents=True, exist_ok=True)
        clip = rng.integers(0, 150, (FRAMES, size, size, 3), dtype=np.uint8)
        clip[..., 0] += np.uint8(40 * (k % 2))
        images = [Image.fromarray(frame) for frame in clip]
        images[0].save(path, save_all=True, append_images=images[1:])
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The folder of clips and weights, and the small encoder itself."""
    folder = tmp_path_factory.mktemp("encoder")
    encoder = application("MobileNetV3Small")
    encoder.save_weights(folder / "small.weights.h5")
    write_clips(folder / "clips")
    return folder, encoder


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained_encoders, "FEATURE_CACHE", tmp_path / "features")
    return tmp_path / "features"


def constants(folder, **others):
    return {
        "DATASET": str(folder / "clips"),
        "FRAMES": FRAMES,
        "FRAME_SIZE": SIZE,
        "FRAME_ENCODER": "MobileNetV3Small",
        "FRAME_ENCODER_WEIGHTS": str(folder / "small.weights.h5"),
        **others,
    }


def probabilities(file):
    with open(file, newline="") as opened:
        rows = list(csv.DictReader(opened))
    return {row.get("file") or row["name"]: row["probability_b"] for row in rows}


def test_a_run_has_the_features_of_keras_and_takes_raw_clips(files, tmp_path, own_cache, monkeypatch):
    folder, encoder = files
    data = load(**constants(folder))
    names, test = data.sequences.names, data.test
    clips = np.stack([read_clip(folder / "clips" / name, FRAMES, SIZE) for name in names])
    frames = clips.reshape(-1, SIZE, SIZE, 3).astype("float32")
    features = np.reshape(encoder(frames, training=False), (len(clips), FRAMES, -1))
    np.testing.assert_allclose(data.train.all_x, features, rtol=1e-4, atol=1e-5)
    run = train_model.train(data, RUN_DIR=str(tmp_path / "run"), EPOCHS=1)

    (kept,) = own_cache.iterdir()
    with monkeypatch.context() as from_the_cache:
        from_the_cache.setattr(pretrained_encoders, "features_of", None)
        again = load(**constants(folder))
    figures = evaluate_model.evaluate(run, again)
    scored = probabilities(run.folder / "predictions.csv")
    encoded = []
    encode_new = predict_model.encode_new
    monkeypatch.setattr(predict_model, "encode_new", lambda *given: encoded.append(encode_new(*given)) or encoded[0])
    predicted = predict_model.predict(run, folder / "clips")
    order = [list(predicted["file"]).index(name) for name in names]
    np.testing.assert_array_equal(encoded[0][order], again.train.all_x)  # bit for bit
    assert {
        name: f"{p:.6f}" for name, p in zip(predicted["file"], predicted["probability_b"])
    }.items() >= scored.items()
    stock = keras.models.load_model(run.folder / "model.keras")
    own = np.asarray(stock(clips[test.rows], training=False))[:, 0]
    np.testing.assert_allclose(own, [float(scored[names[row]]) for row in test.rows], atol=2e-6)

    means = features.mean(axis=1)
    rival = make_pipeline(StandardScaler(), RidgeCV(STRENGTHS)).fit(means[data.train.rows], 2 * data.train.y - 1)
    right = ((rival.predict(means[test.rows]) > 0) == test.y).mean()
    assert figures["baselines"]["mean features"] == pytest.approx(right)
    assert figures["importance"]["features"] == {} and len(figures["importance"]["time steps"]) == FRAMES
    assert (run.folder / "frames.png").is_file()
    checksum = hashlib.sha256((folder / "small.weights.h5").read_bytes()).hexdigest()
    recorded = json.loads((run.folder / "run.json").read_text())["preparation"]["frame_encoder"]
    assert recorded == {"name": "MobileNetV3Small", "weights": "small.weights.h5", "checksum": checksum}
    report = (run.folder / "report.html").read_text()
    assert f"weights small.weights.h5, SHA-256 {checksum}: their licence is not known" in report
    assert "is the time axis last" not in report

    with open(kept, "r+b") as file:
        file.truncate(500)
    with pytest.raises(InputError, match=r"\.npy is damaged, delete it"):
        load(**constants(folder))
    other = FrameEncoder("MobileNetV3Small", "other.weights.h5", 64 * "0")
    again.preparation = replace(again.preparation, frame_encoder=other)
    with pytest.raises(
        InputError, match="weights of MobileNetV3Small have the SHA-256 0000.*, the run's " + checksum[:12]
    ):
        evaluate_model.evaluate(run, again)


@pytest.mark.parametrize(("name", "module"), [("MobileNetV2", "mobilenet_v2"), ("EfficientNetB0", "efficientnet")])
def test_imagenet_weights_are_prepared_and_looked_for_as_keras_does(name, module, tmp_path, monkeypatch):
    asked = []

    def get_file(fname, origin, cache_subdir, file_hash=None, **_):
        asked.append((fname, origin, cache_subdir, file_hash))
        return str(tmp_path / fname)

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", get_file)
    monkeypatch.setattr(keras.Model, "load_weights", lambda *_: None)  # both keep the random ones, which are the same
    theirs = application(name, "imagenet")
    frame, c = (SIZE, SIZE, 3), read_constants().changed(FRAME_ENCODER=name)
    keras.utils.set_random_seed(0)
    ours = pretrained_encoders.load_encoder(frame, *pretrained_encoders.find_weights(frame, c), c)
    assert asked[0] == asked[1]
    frames = np.random.default_rng(0).integers(0, 256, (2, *frame), dtype=np.uint8)
    prepared = getattr(keras.applications, module).preprocess_input(frames.astype("float32"))
    np.testing.assert_allclose(ours(frames), theirs(prepared, training=False), rtol=1e-4, atol=1e-5)
    assert ours.output_shape[1] == pretrained_encoders.ENCODERS[name].features


def test_what_cannot_be_encoded_is_refused_in_one_line(files, tmp_path, monkeypatch):
    folder, _ = files
    (tmp_path / "text.weights.h5").write_text("no weights")
    arrays = {"small": np.zeros((8, 2, 16, 16, 3)), "halves": np.full((8, 2, 32, 32, 1), 0.5)}
    for name, x in arrays.items():
        np.savez(tmp_path / f"{name}.npz", X=x, y=np.arange(8) % 2)
    refused = [
        ({"FRAME_ENCODER_WEIGHTS": "none.h5"}, "FRAME_ENCODER_WEIGHTS = 'none.h5' is not found"),
        ({"FRAME_ENCODER_WEIGHTS": str(tmp_path / "text.weights.h5")}, "holds no weights of MobileNetV3Small"),
        ({"FRAME_ENCODER": "MobileNetV2"}, "holds no weights of MobileNetV2"),
        ({"FRAME_SIZE": 16}, "16 × 16 pixels, MobileNetV3Small takes 32 × 32 at least: set FRAME_SIZE = 32 or more"),
        ({"DATASET": str(tmp_path / "small.npz")}, "numpy.repeat by 2 along height and width makes 32 × 32"),
        ({"DATASET": str(tmp_path / "halves.npz")}, "not whole numbers from 0 to 255"),
    ]
    for changed, message in refused:
        with pytest.raises(InputError, match=message) as caught:
            load(**constants(folder, **changed))
        assert "\n" not in str(caught.value)
    notes = load(FRAME_ENCODER="MobileNetV2").sequences.notes
    assert "without effect on these data: FRAME_ENCODER = 'MobileNetV2'" in notes

    def offline(*_):
        raise URLError("Name or service not known")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", offline)
    with pytest.raises(Exception, match="URL fetch failure") as keras_own:
        application("MobileNetV3Small", "imagenet")
    with pytest.raises(InputError) as ours:
        load(**constants(folder, FRAME_ENCODER_WEIGHTS=None))
    address = re.search(r"https://\S+\.h5", str(keras_own.value))[0]
    place = tmp_path / "home" / "models" / address.rpartition("/")[2]
    why = "cannot be downloaded (Name or service not known)"
    assert str(ours.value) == (
        f"the weights of FRAME_ENCODER = 'MobileNetV3Small' {why}: get {address} elsewhere and put it at {place}, or "
        "set FRAME_ENCODER_WEIGHTS to its path"
    )
