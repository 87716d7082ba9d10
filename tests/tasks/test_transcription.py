"""Transcription: recordings of tones, a tone for each letter, are written down; error rates are those worked out."""

import csv
import itertools
import json
import math

import numpy as np
import pytest
from scipy.io import wavfile

import evaluate_model
import predict_model
import train_model
from cnn_lstm_model import build_model
from core.errors import InputError
from evaluation.transcript_scores import count_edits, score_transcripts
from tasks.transcription.ctc import ctc_loss, decode_greedily, steps_needed
from tasks.transcription.task import Transcription
from tests.conftest import POSIX, load, load_model, on_gpu
from tests.helpers import onnx_answers, tflite_answers

RATE = 8000
TONES = {"a": 500, "ß": 1000, "字": 1700, "d": 2600}
CONSTANTS = {"LEARNING_RATE": 0.01, "BATCH_SIZE": 16, "LSTM_UNITS": 24, "POOL_SIZE": 2, "EPOCHS": 30}


def said(transcript, rng):
    """Return the sound of a transcript: a tone of 80 ms for each letter, a pause after it, silence for a blank."""
    pieces = []
    for letter in transcript:
        time = np.arange(int(0.08 * RATE)) / RATE
        wave = np.sin(2 * np.pi * TONES[letter] * time) if letter in TONES else 0 * time
        pieces += [wave, np.zeros(rng.integers(200, 500))]
    noisy = np.concatenate(pieces) + 0.01 * rng.normal(size=sum(map(len, pieces)))
    return (noisy * 2**13).astype(np.int16)


def write_recordings(folder, count, seed, words=2, header=("file_name", "transcription"), name="metadata.csv"):
    rng, rows = np.random.default_rng(seed), [header]
    folder.mkdir(parents=True)
    for k in range(count):
        transcript = " ".join(
            "".join(rng.choice([*TONES], rng.integers(1, 4))) for _ in range(rng.integers(1, 1 + words))
        )
        wavfile.write(folder / f"{k:03d}.wav", RATE, said(transcript, rng))
        rows.append((f"{k:03d}.wav", transcript))
    with open(folder / name, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter="\t" if name.endswith("tsv") else ",").writerows(rows)
    return rows[1:]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tones")
    write_recordings(folder / "train", 120, 0)
    write_recordings(folder / "test", 30, 1)
    return folder


@pytest.fixture(scope="module")
def trained(recordings, tmp_path_factory):
    from core.constants import read_constants

    run = tmp_path_factory.mktemp("run") / "run"
    constants = {**read_constants(), **CONSTANTS, "DATASET": str(recordings), "RUN_DIR": str(run)}
    train_model.main(constants)
    return constants, run


def test_tones_are_written_down(trained, recordings, capsys):
    constants, run = trained
    figures = evaluate_model.main(constants)
    printed = capsys.readouterr().out
    assert figures["cer"] < 0.05 and f"Test CER: {figures['cer']:.2f}\n" in printed
    truths = [row[1] for row in csv.reader((recordings / "test" / "metadata.csv").open(encoding="utf-8"))][1:]
    rows = list(csv.DictReader((run / "predictions.csv").open(encoding="utf-8")))
    assert [row["transcript"] for row in rows] == truths and rows[3]["name"] == "test/003.wav"
    own = sum(levenshtein(t, row["heard"]) for t, row in zip(truths, rows)) / sum(map(len, truths))
    assert figures["cer"] == pytest.approx(own)
    table = list(csv.DictReader((run / "transcripts.csv").open(encoding="utf-8")))
    assert [r["transcription"] for r in table] == [r["heard"] for r in rows] and table[0]["file_name"] == "test/000.wav"
    train = [row[1] for row in csv.reader((recordings / "train" / "metadata.csv").open(encoding="utf-8"))][1:]
    frequent = max(train, key=train.count)
    constant = sum(levenshtein(t, frequent) for t in truths) / sum(map(len, truths))
    assert figures["baselines"]["most frequent transcript"] == pytest.approx(constant)
    assert (run / "transcript.png").read_bytes()[:4] == b"\x89PNG"
    low, high = figures["cer_interval"]
    assert low <= figures["cer"] <= high < figures["baselines"]["most frequent transcript"]


def test_a_transcript_comes_back_as_it_was_heard(trained, monkeypatch):
    constants, run = trained
    heard = ["=1+1", "+49 30", "- no", "@home", 'he said "so", then']

    def decode(task, output):
        return [(heard[k % 5], np.zeros(0), np.zeros(0)) for k in range(len(output))]

    monkeypatch.setattr(Transcription, "decode", decode)
    evaluate_model.main(constants)
    rows = list(csv.DictReader((run / "transcripts.csv").open(encoding="utf-8")))
    assert [row["transcription"] for row in rows[:5]] == heard
    rows = list(csv.DictReader((run / "predictions.csv").open(encoding="utf-8")))
    assert [row["heard"] for row in rows[:5]] == [*("'" + text for text in heard[:4]), heard[4]]


def levenshtein(a, b):
    """Count edits by the definition, the recursion over prefixes."""
    table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i, j in itertools.product(range(1, len(a) + 1), range(1, len(b) + 1)):
        table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
    return table[len(a), len(b)]


def test_new_recordings_of_any_length_are_written_down(trained, tmp_path, capsys):
    constants, run = trained
    rng, new = np.random.default_rng(5), tmp_path / "new"
    new.mkdir()
    long = "".join(rng.choice([*TONES], 30))  # four times as long as any recording of the training set
    wavfile.write(new / "long.wav", RATE, said(long, rng))
    wavfile.write(new / "short.wav", RATE, said("dß", rng))
    predict_model.predict(str(run), str(new))
    rows = {row["file_name"]: row for row in csv.DictReader((run / "new_predictions.csv").open(encoding="utf-8"))}
    assert levenshtein(rows["long.wav"]["transcription"], long) <= 3 and rows["short.wav"]["transcription"] == "dß"
    predict_model.predict(str(run), str(new / "short.wav"))
    alone = list(csv.DictReader((run / "new_predictions.csv").open(encoding="utf-8")))
    assert alone == [rows["short.wav"]]  # whatever is in the folder beside it


def test_onnx_hears_recordings_of_any_length_as_keras_does(trained):
    constants, run = trained
    x = load(**constants).test.take(slice(3))
    for steps in (x.shape[1], x.shape[1] // 2 + 1):
        answers = onnx_answers(run, x[:, :steps])
        np.testing.assert_allclose(answers, load_model(run)(x[:, :steps]), rtol=1e-5, atol=1e-5)


def test_one_folder_is_split_exported_and_transferred(recordings, tmp_path, shipped, capsys):
    import export_model

    run = tmp_path / "run"  # of one folder, so that the longest recording may lie in the test set
    c = shipped.changed(**CONSTANTS, DATASET=str(recordings / "train"), RUN_DIR=str(run)).changed(EPOCHS=2)
    train_model.main(c)
    evaluate_model.main(c)
    from core.quiet_tensorflow import tf

    served = tf.saved_model.load(export_model.export("saved_model", str(run)))
    data = load(**c)
    x = data.test.take(slice(3))
    expected = load_model(run)(x).numpy()
    np.testing.assert_allclose(served.serve(x).numpy(), expected, atol=1e-4)
    np.testing.assert_allclose(tflite_answers(export_model.export("tflite", run), x[:1]), expected[:1], atol=1e-3)
    capsys.readouterr()
    train_model.main(c.changed(PRETRAINED_RUN=str(run), RUN_DIR=str(tmp_path / "second"), EPOCHS=1))
    assert f"Weights taken from {run}: convolution, lstm; new: output" in capsys.readouterr().out


def test_stock_keras_opens_the_network(trained, recordings):
    import keras

    constants, run = trained
    evaluate_model.main(constants)
    model = keras.models.load_model(run / "model.keras")
    state = json.loads((run / "run.json").read_text(encoding="utf-8"))["learned"]
    data = load(**{**CONSTANTS, "DATASET": str(recordings)})
    logits = model.predict(data.test.take(slice(6)), verbose=0)
    heard = ["".join(state["alphabet"][k - 1] for k in letters) for letters, _, _ in decode_greedily(logits)]
    rows = list(csv.DictReader((run / "predictions.csv").open(encoding="utf-8")))
    assert heard == [row["heard"] for row in rows[:6]]


@pytest.mark.parametrize("constants", [{}, {"ARCHITECTURE": "deep_cnn_lstm"}, {"STANDARDISE": "sequence"}])
@pytest.mark.parametrize("both_ways", [False, True])
def test_padding_counts_for_nothing(recordings, shipped, constants, both_ways):
    from training.build import build

    pool = 2 if constants.get("ARCHITECTURE") else 3
    c = shipped.changed(DATASET=str(recordings), BIDIRECTIONAL=both_ways, POOL_SIZE=pool, **constants)
    data = load(**c)
    model = build(data, build_model, c)
    x = data.test.take(slice(4))
    x = x[:, : x.any(axis=2).sum(axis=1).max()]
    alone = model(x).numpy()
    steps, y = alone.shape[1], data.task.encode(np.array(["aß", "d字", "a", "dd"], dtype=object), "test", c)
    for more in (1, 2, 50):
        padded = model(np.pad(x, [(0, 0), (0, more), (0, 0)])).numpy()
        np.testing.assert_allclose(padded[:, :steps], alone, atol=1e-3 if on_gpu() else 1e-5)
        assert (padded[:, steps:].argmax(axis=2) == 0).all()
        np.testing.assert_allclose(ctc_loss(y, padded), ctc_loss(y, alone), rtol=1e-3 if on_gpu() else 1e-5)


def test_the_loss_is_that_of_keras_and_of_the_definition():
    import keras

    rng = np.random.default_rng(3)
    logits = rng.normal(size=(4, 5, 3)).astype(np.float32)
    y = np.array([[1, 2, 0], [2, 2, 0], [1, 0, 0], [1, 2, 1]])
    p = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    for row, letters in enumerate(y):
        wanted, total = letters[letters > 0].tolist(), 0.0
        for path in itertools.product(range(3), repeat=5):  # every way of writing it
            runs = [letter for letter, _ in itertools.groupby(path)]
            if [letter for letter in runs if letter] == wanted:
                total += math.prod(p[row, step, letter] for step, letter in enumerate(path))
        assert float(ctc_loss(y[[row]], logits[[row]])[0]) == pytest.approx(-math.log(total), rel=1e-4)
    theirs = keras.losses.CTC(reduction=None)(y, logits)
    np.testing.assert_allclose(ctc_loss(y, logits), theirs, rtol=1e-5)


def test_greedy_decoding_drops_blanks_and_repetitions():
    path = [0, 2, 2, 0, 2, 1, 1, 0]
    ((letters, steps, chances),) = decode_greedily(np.eye(3)[path][None] * 9)
    assert letters.tolist() == [2, 2, 1] and steps.tolist() == [1, 4, 5]
    np.testing.assert_allclose(chances, math.exp(9) / (math.exp(9) + 2))
    assert steps_needed(np.array([1, 1, 2, 2, 2])) == 8


def test_blanks_of_what_was_heard_are_evened_out():
    path = [1, 0, 1, 2, 1, 0, 1, 0, 1, 2, 0, 1, 0]  # two blanks in front, three inside, one behind
    ((text, steps, chances),) = Transcription([" ", "a"]).decode(np.eye(3)[path][None] * 9)
    assert text == "a a" and (steps * len(path)).round().tolist() == [3, 4, 9] and len(chances) == 3
    ((text, steps, _),) = Transcription([" ", "a"]).decode(np.eye(3)[[0, 1, 0]][None] * 9)
    assert text == "" and len(steps) == 0


def test_error_rates_worked_out_by_hand():
    edits, lengths, confusions = count_edits(["kitten", "abc", "ab"], ["sitting", "", "xab"])
    assert edits.tolist() == [3, 3, 1] and lengths.tolist() == [6, 3, 2]
    assert confusions == {("k", "s"): 1, ("e", "i"): 1, (None, "g"): 1, ("a", None): 1, ("b", None): 1,
                          ("c", None): 1, (None, "x"): 1}  # fmt: skip
    figures = score_transcripts(["no no yes", "yes"], ["no yes", "yes"], {"most frequent transcript": ["yes"] * 2}, 0)
    assert figures["cer"] == pytest.approx(3 / 12) and figures["wer"] == pytest.approx(1 / 4)
    assert figures["baselines"]["most frequent transcript"] == pytest.approx(6 / 12) and figures["right"] == 0.5
    rng = np.random.default_rng(0)
    for _ in range(50):
        a, b = ("".join(rng.choice([*"abc"], rng.integers(0, 9))) for _ in range(2))
        assert count_edits([a], [b])[0] == [levenshtein(a, b)]


def test_letters_that_training_has_not_count_as_errors():
    task = Transcription(["a", "b"])
    y = task.encode(np.array(["ab", "azb"], dtype=object), "test", None)
    assert y.tolist() == [[1, 2, 0], [1, 3, 2]] and task.texts_of(y) == ["ab", "a�b"]


CONVENTIONS = [
    ("metadata.csv", "file_name,transcription\n0.wav,aß\n1.wav, a  d\n"),
    ("metadata.csv", "speaker,text,file\nx,aß,0\ny,a d,1\n"),
    ("metadata.tsv", "path\tsentence\n0.wav\taß\n1.wav\ta d\n"),
    ("metadata.csv", '"file_name","transcript"\n"0.wav","aß"\n"1.wav","a d"\n'),
    ("metadata.csv", "0|A-SZ|aß\n1|A D|a d\n"),
    ("metadata.csv", "0|aß\n1|a d\n"),
]


@pytest.mark.parametrize(("name", "content"), CONVENTIONS)
@pytest.mark.parametrize("inside", ["", "wavs"])
def test_conventions_of_metadata(tmp_path, shipped, name, content, inside):
    from readers import read_data_set

    (tmp_path / inside).mkdir(exist_ok=True)
    for k in range(2):
        wavfile.write(tmp_path / inside / f"{k}.wav", RATE, said("ad", np.random.default_rng(k)))
    (tmp_path / name).write_text(content, encoding="utf-8")
    read, test = read_data_set(tmp_path, shipped)
    assert read.y.tolist() == ["aß", "a d"] and read.transcripts and test is None
    if "speaker" in content:
        assert read_data_set(tmp_path, shipped.changed(GROUP="speaker"))[0].groups.tolist() == ["x", "y"]
        classes, _ = read_data_set(tmp_path, shipped.changed(LABEL="speaker"))
        assert classes.y.tolist() == ["x", "y"] and not classes.transcripts


REFUSED = [
    ("file_name,transcription\n0.wav,a\n9.wav,a\n", {}, "row 2 names '9.wav', which is not a recording"),
    ("file_name,transcription\n0.wav,a\n../secret/s.wav,a\n", {}, "row 2 names '../secret/s.wav', which is no"),
    ("file_name,transcription\n0.wav,a\nlink.wav,a\n", {}, "row 2 names 'link.wav', which is not a recording"),
    ("file_name,transcription\n0.wav,a\n0.wav,d\n", {}, "row 2 names '0.wav' for the second time"),
    ("file_name,transcription\n0.wav,a\n1.wav,  \n", {}, "row 2 .*no transcript"),
    ("file_name,transcription\n0.wav,a\n1.wav\n", {}, "row 2 has 1 cells"),
    ("file_name,transcription\n", {}, "no rows"),
    ("file_name,text" + "".join(f"\n{k}.wav," + "a" * 99 for k in (0, 1)), {}, "its transcript needs 197 steps"),
    ("file_name,words\n0.wav,a\n1.wav,d\n", {"TEXT": "word"}, "TEXT = 'word' is impossible: the 2 columns"),
    ("file_name,text\n0.wav,a\n1.wav,d\n", {"ATTENTION": True}, "ATTENTION = True is impossible for transcripts"),
    ("file_name,text\n0.wav,a\n1.wav,d\n", {"ARCHITECTURE": "cnn"}, "ARCHITECTURE = 'cnn' is impossible for trans"),
    ("file_name,text\n0.wav,a\n1.wav,d\n", {"CLASS_WEIGHT": "balanced"}, "CLASS_WEIGHT = 'balanced' is impossible"),
]


@POSIX
@pytest.mark.parametrize(("content", "constants", "message"), REFUSED)
def test_what_cannot_be_learned_is_named(tmp_path, content, constants, message):
    folder, secret = tmp_path / "d", tmp_path / "secret"
    for parent, names in ((folder, ("0", "1")), (secret, ("s",))):
        parent.mkdir()
        for name in names:
            wavfile.write(parent / f"{name}.wav", RATE, said("ad", np.random.default_rng(0)))
    (folder / "link.wav").symlink_to(secret / "s.wav")
    (folder / "metadata.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        load(DATASET=str(folder), **constants)


def test_metadata_of_something_else_is_pointed_at(tmp_path):
    for k in range(4):
        wavfile.write(tmp_path / f"{'ab'[k % 2]}_{k}.wav", RATE, said("a", np.random.default_rng(k)))
    lines = [f"{'ab'[k % 2]}_{k}.wav,{'xy'[k % 2]}" for k in range(4)]
    (tmp_path / "metadata.csv").write_text("\n".join(["file_name,kind", *lines]) + "\n")
    data = load(DATASET=str(tmp_path), TEST_SIZE=2)
    assert data.task.classes == ["a", "b"] and "metadata.csv is not read: LABEL names" in " ".join(data.sequences.notes)
    assert load(DATASET=str(tmp_path), LABEL="kind", TEST_SIZE=2).task.classes == ["x", "y"]


def test_recordings_without_transcripts_cannot_be_transcribed(tmp_path):
    for k in range(4):
        wavfile.write(tmp_path / f"a_{k}.wav", RATE, said("a", np.random.default_rng(k)))
    with pytest.raises(InputError, match="needs a folder of recordings with metadata.csv"):
        load(DATASET=str(tmp_path), TASK="transcription")
