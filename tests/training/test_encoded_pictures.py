"""Single pictures through a pre-trained encoder: the places of the last feature map are the time steps."""

import csv
import json

import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import evaluate_model
import export_model
import predict_model
import train_model
from baselines.ridge import STRENGTHS
from core.errors import InputError
from experiments import tflite_score
from networks import pretrained_encoders
from tests.conftest import load
from tests.readers.test_medical_images import save_dicom

SIZE = 64
RNG = np.random.default_rng(0)
PICTURES, CLASSES = RNG.integers(0, 150, (40, SIZE, SIZE, 3), dtype=np.uint8), np.arange(40) % 2
PICTURES[CLASSES == 1, 10:40, 10:40] += np.uint8(100)


def application(name="MobileNetV3Small", size=(SIZE, SIZE), pooling=None, seed=0):
    """Build a network of keras.applications with random weights."""
    keras.utils.set_random_seed(seed)
    make = getattr(keras.applications, name)
    return make(weights=None, include_top=False, input_shape=(*size, 3), pooling=pooling)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("encoder") / "small.weights.h5"
    application().save_weights(path)
    return str(path)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained_encoders, "FEATURE_CACHE", tmp_path / "features")
    return tmp_path / "features"


@pytest.fixture
def encoded(weights):
    """Return a function that loads data whose pictures are encoded."""
    names = {"FRAME_ENCODER": "MobileNetV3Small", "FRAME_ENCODER_WEIGHTS": weights}

    def load_encoded(x=None, y=None, **constants):
        from data_preprocessing import load_data

        return load_data(x, y, **{**names, **constants})

    return load_encoded


def write_files(folder, suffix=".png"):
    for k, (picture, label) in enumerate(zip(PICTURES, CLASSES)):
        path = folder / "ab"[label] / f"p{k // 4}_{k}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return str(folder)


def save(path, x=PICTURES, y=CLASSES, **more):
    np.savez(path, X=x, y=y, **more)
    return str(path)


def features_of(pictures):
    """Return Keras' own last feature map, place by place and row by row: (n, places, k)."""
    feature_map = np.asarray(application()(pictures.astype("float32"), training=False))
    return np.array([[place for row in own for place in row] for own in feature_map])


def probabilities(path):
    with open(path, newline="") as file:
        return {row.get("file") or row["name"]: float(row["probability_b"]) for row in csv.DictReader(file)}


def test_a_run_has_the_feature_map_of_keras_and_takes_rows_of_pixels(encoded, tmp_path, weights):
    path, groups = write_files(tmp_path / "files"), r"(p\d+)_"
    data = encoded(DATASET=path, SEQUENCE="file", FRAME_SIZE=SIZE, GROUP=groups)
    names, test = data.sequences.names, data.test
    pictures = np.stack([np.asarray(Image.open(tmp_path / "files" / name)) for name in names])
    features = features_of(pictures)
    assert data.train.shape == (4, 576)
    np.testing.assert_allclose(data.train.all_x, features, rtol=1e-4, atol=1e-5)
    of_groups = [{names[row].split("_")[0][2:] for row in split.rows} for split in (data.train, test)]
    assert not of_groups[0] & of_groups[1]
    run = train_model.train(data, RUN_DIR=str(tmp_path / "run"), EPOCHS=2)
    figures = evaluate_model.evaluate(run, encoded(DATASET=path, SEQUENCE="file", FRAME_SIZE=SIZE, GROUP=groups))
    scored = probabilities(run.folder / "predictions.csv")
    predict_model.predict(run, tmp_path / "files")
    assert probabilities(run.folder / "new_predictions.csv").items() >= scored.items()  # all digits

    stock = keras.models.load_model(run.folder / "model.keras")
    rows = pictures[test.rows].reshape(-1, SIZE, 3 * SIZE)
    assert stock.input_shape == (None, SIZE, 3 * SIZE)
    for given in (rows, rows.astype("float32")):
        own = np.asarray(stock(given, training=False))[:, 0]
        np.testing.assert_allclose(own, [scored[names[row]] for row in test.rows], atol=2e-6)
    export_model.export("tflite", run)
    small = tflite_score.run_tflite((run.folder / "model.tflite").read_bytes(), test.raw)
    np.testing.assert_allclose(small[:, 0], [scored[names[row]] for row in test.rows], atol=1e-5)

    pooled = np.asarray(application(pooling="avg")(pictures.astype("float32"), training=False))
    rival = make_pipeline(StandardScaler(), RidgeCV(STRENGTHS)).fit(pooled[data.train.rows], 2 * data.train.y - 1)
    right = ((rival.predict(pooled[test.rows]) > 0) == test.y).mean()
    assert figures["baselines"]["mean features"] == pytest.approx(right)
    assert figures["importance"]["features"] == {} and len(figures["importance"]["time steps"]) == 4
    recorded = json.loads((run.folder / "run.json").read_text())
    assert recorded["preparation"]["frame_encoder"]["name"] == "MobileNetV3Small"
    report = (run.folder / "report.html").read_text()
    assert "576 features of each of 2 × 2 places, which are the time steps, row by row" in report
    assert "weights small.weights.h5, SHA-256" in report and "Test pictures with their true classes" in report

    other = SIZE // 2 * 3
    np.savez(tmp_path / "large.npz", X=np.zeros((2, other, SIZE, 3), np.uint8))
    with pytest.raises(InputError, match="pictures of 96 rows of 192 numbers; the run takes 64 rows of 192 numbers"):
        predict_model.predict(run, tmp_path / "large.npz")


@pytest.mark.parametrize("name", pretrained_encoders.ENCODERS)
def test_the_size_of_the_feature_map_is_that_of_keras(name):
    for size in ((33, 64), (96, 100)):
        assert application(name, size).output_shape[1:3] == pretrained_encoders.map_size(size)


def test_arrays_of_pictures_are_encoded_in_every_form(encoded, tmp_path):
    grey = PICTURES[..., 0]
    images, labels = {"train_images": grey[:20], "test_images": grey[20:]}, CLASSES[:, None]
    np.savez(tmp_path / "medmnist.npz", **images, train_labels=labels[:20], test_labels=labels[20:])
    np.savez(tmp_path / "floats.npz", images=PICTURES.astype(float), labels=CLASSES)
    thrice, colours = features_of(np.repeat(grey[..., None], 3, axis=-1)), features_of(PICTURES)
    official = encoded(DATASET=str(tmp_path / "medmnist.npz"))
    np.testing.assert_allclose(official.train.x, thrice[official.train.rows], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(official.test.x, thrice[20:][official.test.rows], rtol=1e-4, atol=1e-5)
    for data, features in (
        (encoded(DATASET=str(tmp_path / "floats.npz")), colours),
        (encoded(PICTURES, CLASSES), colours),
        (encoded(list(grey), list(CLASSES)), thrice),
    ):
        np.testing.assert_allclose(data.train.x, features[data.train.rows], rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(data.train.raw.x.dtype, np.uint8)
    note = "FRAME_ENCODER takes pictures, and arrays (n, height, width) are some where they are uint8 (0 to 255)"
    assert note in encoded(grey / 255, CLASSES).sequences.notes
    beside = encoded(DATASET=save(tmp_path / "beside.npz", S=np.arange(40.0)))  # numbers beside pixels: no pictures
    assert beside.train.shape == (SIZE, 3 * SIZE + 1) and beside.sequences.picture is None
    assert any(note.startswith("without effect on these data: FRAME_ENCODER") for note in beside.sequences.notes)


def test_other_colours_of_the_same_rows_are_other_data(encoded, tmp_path):
    run = train_model.train(encoded(PICTURES, CLASSES), RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    wide = encoded(PICTURES.reshape(40, SIZE, 3 * SIZE), CLASSES)
    assert wide.train.shape == (12, 576)
    with pytest.raises(InputError, match="the content of data in memory has changed"):
        evaluate_model.evaluate(run, wide)


def test_pictures_that_cannot_be_encoded_are_refused_in_one_line(encoded, tmp_path):
    files, x = write_files(tmp_path / "files"), PICTURES
    refused = [
        (
            x[:, :28, :28],
            {},
            "28 × 28 pixels, MobileNetV3Small takes 32 × 32.*by 2 along height and width makes 56",
        ),
        (
            x,
            {"KERNEL_SIZE": 5},
            "64 × 64 pixels, of which MobileNetV3Small makes 4 time steps each; KERNEL_SIZE = 5",
        ),
        (np.concatenate([x, x[..., :1]], axis=-1), {}, r"4 channels.*X\[..., :3\] leaves transparency out"),
        (x // 128, {}, "without a value above 1"),
    ]
    for pictures, constants, message in refused:
        with pytest.raises(InputError, match=message) as caught:
            encoded(pictures, CLASSES, **constants)
        assert "\n" not in str(caught.value)
    for pictures in (x / 255, x.astype(np.uint16) * 257):
        np.savez(tmp_path / "images.npz", images=pictures, labels=CLASSES)
        with pytest.raises(InputError, match="not whole numbers from 0 to 255.*scale and round them"):
            encoded(DATASET=str(tmp_path / "images.npz"))
    with pytest.raises(InputError, match="32 × 32 pixels.* 1 time step each.* need 4: set FRAME_SIZE = 64 or more"):
        encoded(DATASET=files, SEQUENCE="file", FRAME_SIZE=32)
    assert encoded(DATASET=files, SEQUENCE="file", FRAME_SIZE=32, ARCHITECTURE="lstm").train.shape == (1, 576)
    with pytest.raises(InputError, match="whole numbers from 0 to 255 as uint8 are pictures"):
        encoded(x / 255, CLASSES)


def test_pictures_of_all_kinds_of_files_are_encoded(encoded, tmp_path):
    write_files(tmp_path / "files")
    picture = Image.fromarray(PICTURES[0])
    for name, own in {
        "palette.png": picture.convert("P"),
        "alpha.png": picture.convert("RGBA"),
        "grey.png": picture.convert("L"),
        "sixteen.png": Image.fromarray(PICTURES[0, ..., 0].astype(np.uint16) * 257),
        "pixel.png": Image.new("RGB", (1, 1), (9, 9, 9)),
        "wide.bmp": picture.resize((300, 40)),
    }.items():
        own.save(tmp_path / "files" / "a" / name)
    damaged = tmp_path / "files" / "b" / "damaged.png"
    damaged.write_bytes((tmp_path / "files" / "a" / "alpha.png").read_bytes()[:2000])
    data = encoded(DATASET=str(tmp_path / "files"), SEQUENCE="file")
    assert len(data.train) + len(data.test) == 46
    assert "1 damaged or empty picture left out: b/damaged.png" in data.sequences.notes
    order = [data.sequences.names.index(f"a/{name}.png") for name in ("alpha", "grey", "sixteen")]
    alpha, grey, sixteen = data.train.all_x[order]
    np.testing.assert_array_equal(alpha, data.train.all_x[data.sequences.names.index("a/p0_0.png")])
    assert not np.array_equal(grey, alpha) and np.isfinite(sixteen).all()


def test_a_table_names_pictures_beside_it(encoded, tmp_path):
    for k, picture in enumerate(PICTURES):
        Image.fromarray(picture).save(tmp_path / f"{k}.png")
    rows = [f"{k}.png,{'xy'[label]},{k}" for k, label in enumerate(CLASSES)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,what,place", *rows]))
    with pytest.raises(InputError, match='with SEQUENCE = "file" each is a sequence, .* or named in LABEL_FILE'):
        encoded(DATASET=str(tmp_path))
    table = {"SEQUENCE": "file", "LABEL_FILE": str(tmp_path / "labels.csv"), "LABEL": "what"}
    data = encoded(DATASET=str(tmp_path), **table)
    assert data.task.classes == ["x", "y"] and len(data.train) + len(data.test) == 40
    assert not any("LABEL" in note for note in data.sequences.notes if "without effect" in note)


def test_numbers_and_several_labels_of_pictures(encoded, tmp_path, capsys):
    several = np.stack([CLASSES, np.arange(40) % 3 == 0], axis=1).astype(int)
    for name, y, score in (("numbers", CLASSES + RNG.normal(0, 0.1, 40), "rmse"), ("labels", several, "macro_f1")):
        data = encoded(DATASET=save(tmp_path / f"{name}.npz", y=y))
        run = train_model.train(data, RUN_DIR=str(tmp_path / name), EPOCHS=1)
        figures = evaluate_model.evaluate(run, data)
        assert np.isfinite(figures[score]) and "mean features" in figures["baselines"]
        assert len(predict_model.predict(run, PICTURES[:3])["index"]) == 3


def test_features_tell_anomalies_among_pictures_and_clips(encoded, tmp_path, capsys):
    pictures, bad = RNG.integers(0, 150, (60, SIZE, SIZE, 3), dtype=np.uint8), np.arange(60) % 2 == 1
    pictures[bad] = RNG.integers(200, 256, pictures[bad].shape)
    normal, clips = np.where(bad, "bad", "normal"), np.repeat(pictures[:, None], 4, axis=1)
    with pytest.raises(InputError, match="takes features of clips, not pixels: FRAME_ENCODER makes them"):
        load(DATASET=save(tmp_path / "clips.npz", clips, normal), TASK="anomaly")
    for name, x in (("pictures", pictures), ("clips", clips)):
        data = encoded(DATASET=save(tmp_path / f"{name}.npz", x, normal), TASK="anomaly")
        run = train_model.train(data, RUN_DIR=str(tmp_path / name), EPOCHS=1)
        assert evaluate_model.evaluate(run, data)["roc_auc"] == 1.0
        found = predict_model.predict(run, x)
        assert {*found["cause"][found["anomaly"] == "yes"]} == {"unlike those of training"}
        assert (found["anomaly"][bad] == "yes").all()


def test_weights_learned_on_another_encoders_features_are_not_taken_over(encoded, tmp_path):
    first = train_model.train(encoded(PICTURES, CLASSES), RUN_DIR=str(tmp_path / "first"), EPOCHS=1)
    application(seed=1).save_weights(tmp_path / "other.weights.h5")
    data = encoded(PICTURES, CLASSES, FRAME_ENCODER_WEIGHTS=str(tmp_path / "other.weights.h5"))
    taken = {"PRETRAINED_RUN": str(first.folder), "RUN_DIR": str(tmp_path / "second"), "EPOCHS": 1}
    with pytest.raises(InputError, match="learned features of MobileNetV3Small .SHA-256 .*set FRAME_ENCODER = 'Mobile"):
        train_model.train(data, **taken)


def test_a_single_dicom_file_is_predicted_by_a_run_of_pictures(encoded, tmp_path):
    for part in ("train", "test"):
        for k in range(12):
            values = RNG.integers(0, 300, (70, 70)) + 700 * (k % 2)
            save_dicom(tmp_path / "scans" / part / "ab"[k % 2] / f"{k}.dcm", values, k)
    run = train_model.train(encoded(DATASET=str(tmp_path / "scans")), RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    one = predict_model.predict(run, tmp_path / "scans" / "test" / "a" / "0.dcm")
    both = predict_model.predict(run, tmp_path / "scans" / "test")
    (place,) = [k for k, name in enumerate(both["file"]) if name == "a/0.dcm"]
    assert one["probability_a"].tolist() == [both["probability_a"][place]]
