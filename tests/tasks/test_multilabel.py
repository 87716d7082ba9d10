"""Several labels at once: read, learned, reported and predicted, against values worked out with scikit-learn."""

import csv

import numpy as np
import pytest
from scipy.io import wavfile
from sklearn.linear_model import RidgeCV
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import evaluate_model
import predict_model
import train_model
from core.errors import InputError
from data_preprocessing import load_data
from evaluation.multilabel_scores import best_thresholds, macro_f1, score_multilabel
from tasks.classification import word_model
from tests.conftest import load, load_model
from training.saved_run import open_run

RNG = np.random.default_rng(0)
Y = np.stack([RNG.random(240) < 0.4, RNG.random(240) < 0.3, np.arange(240) == 7], axis=1).astype(int)
X = 0.3 * RNG.normal(size=(240, 16, 1))
X += Y[:, 0, None, None] * np.linspace(-1, 1, 16)[:, None] + Y[:, 1, None, None]
NAMES = ["rises", "is high", "rare"]
TAGS = [",".join(name for name, own in zip(NAMES, row) if own) for row in Y]


def table(path):
    """Write all sequences, one a row, with their labels as columns of 0 and 1 and as words joined in a cell."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*map(str, range(100, 116)), *NAMES, "tags", "kind"])
        writer.writerows([*x[:, 0], *y, tags, "ab"[y[0]]] for x, y, tags in zip(X, Y, TAGS))
    return str(path)


def predictions(path):
    with open(path) as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def test_scores_thresholds_and_baselines_are_those_of_scikit_learn(shipped, tmp_path, capsys):
    np.savez(tmp_path / "d.npz", X=X, y=Y)
    run, chosen = tmp_path / "run", {"VALIDATION_SIZE": 0.3, "LEARNING_RATE": 0.01, "EPOCHS": 6}
    c = shipped.changed(DATASET=str(tmp_path / "d.npz"), RUN_DIR=str(run), **chosen)
    train_model.main(c)
    result = evaluate_model.main(c)
    report, found, data = capsys.readouterr().out, predictions(run / "predictions.csv"), load(**c)
    names, kinds = ["label 0", "label 1", "label 2"], ("true", "predicted", "probability")
    true, answers, probabilities = (
        np.stack([found[f"{kind}_{name}"].astype(float) for name in names], axis=1) for kind in kinds
    )
    np.testing.assert_array_equal(true, Y[found["index"].astype(int)])
    # Label 2 has one positive in all: it is said where there is none, and left out of the mean.
    f1 = [f1_score(true[:, k], answers[:, k]) for k in (0, 1)]
    assert result["macro_f1"] == pytest.approx(np.mean(f1)) and np.mean(f1) > 0.8
    assert f"Test macro F1: {np.mean(f1):.2f}" in report and "\nWithout positives in the test set" in report
    assert "no sequence of the test set has the label label 2" in report
    for k, name in enumerate(names[:2]):
        figures = result["per_label"][name]
        assert figures["auc"] == pytest.approx(roc_auc_score(true[:, k], probabilities[:, k]), abs=1e-3)
        assert figures["f1-score"] == pytest.approx(f1[k]) and figures["positives"] == true[:, k].sum()
    assert result["per_label"]["label 2"]["f1-score"] is None
    # Thresholds: no other gives a higher F1 on the validation set.
    thresholds = np.array(open_run(run).task.thresholds)
    held_out = load_model(run).predict(data.validation.take(slice(None)), verbose=0)
    np.testing.assert_array_equal(answers, probabilities >= thresholds)
    truths = Y[data.validation.rows].T
    best = [f1_score(truth, own >= at) for truth, own, at in zip(truths, held_out.T, thresholds) if truth.any()]
    assert best[:2] == [max(f1_score(t, own >= at) for at in own) for t, own in zip(truths[:2], held_out.T)]
    assert f"Validation macro_f1: {np.mean(best):.4f}" in report
    # The linear model answers at thresholds chosen alike.
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 5, 17))).fit(
        X[data.train.rows, :, 0], Y[data.train.rows]
    )
    scores, on = (ridge.predict(X[split.rows, :, 0]) for split in (data.test, data.validation))
    linear = scores >= best_thresholds(Y[data.validation.rows], on)
    assert result["baselines"]["linear"] == pytest.approx(macro_f1(true, linear))
    share = true.mean(axis=0)[:2]
    assert result["baselines"]["all labels"] == pytest.approx(np.mean(2 * share / (1 + share)))
    assert result["baselines"]["majority"] == 0
    lines, pooled, _ = open_run(run).task.pool_folds([(result, None), (result, None)])
    assert pooled["pooled_macro_f1"]["network"] == pytest.approx(np.mean(f1)) and "MACRO_F1 over all folds" in lines[0]
    # The network's answers to the same sequences, as new ones.
    np.savez(tmp_path / "new.npz", X=X[found["index"].astype(int)])
    predict_model.predict(str(run), str(tmp_path / "new.npz"))
    new = predictions(run / "new_predictions.csv")
    assert all((new[name] == found[name]).all() for name in new if name != "index")
    assert "label 0" in (run / "report.html").read_text()


def test_the_interval_is_that_of_a_bootstrap():
    y = RNG.random((80, 2)) < 0.4
    answers = {"network": y ^ (RNG.random((80, 2)) < 0.1), "linear": y ^ (RNG.random((80, 2)) < 0.3)}
    figures, draws = score_multilabel(y, y.astype(float), answers, ["a", "b"]), []
    for _ in range(1500):
        rows = RNG.integers(0, 80, 80)
        sums = [((y & own)[rows].sum(axis=0), y[rows].sum(axis=0) + own[rows].sum(axis=0)) for own in answers.values()]
        draws.append(np.subtract(*(np.mean(2 * right / given) for right, given in sums)))
    interval = figures["differences"]["linear"]["interval"]
    np.testing.assert_allclose(interval, np.quantile(draws, [0.025, 0.975]), atol=0.02)


def test_tags_in_a_cell_and_columns_of_0_and_1_are_the_same_labels(tmp_path):
    path = table(tmp_path / "d.csv")
    columns = load(DATASET=path, SEQUENCE="row", LABEL=NAMES, IGNORE=["tags", "kind"])
    tags = load(DATASET=path, SEQUENCE="row", LABEL="tags", IGNORE=[*NAMES, "kind"], TASK="multilabel")
    assert columns.task.classes == NAMES and tags.task.classes == sorted(NAMES)
    np.testing.assert_array_equal(columns.train.y, Y[columns.train.rows])
    np.testing.assert_array_equal(tags.train.y[:, [tags.task.classes.index(name) for name in NAMES]], columns.train.y)
    note = "labels that ',' divide are several at once: is high, rare, rises"
    assert note in tags.sequences.notes
    np.testing.assert_array_equal(columns.train.take(slice(None)), tags.train.take(slice(None)))


def texts(path, header, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return {"DATASET": str(path), "TEXT": "text"}


WORDS = [
    " ".join(["so", "far", "away", *(f"it{name.replace(' ', '')}" for name in tags.split(",") if name)])
    for tags in TAGS
]


def test_texts_with_columns_tags_or_fasttexts_lines(shipped, tmp_path, monkeypatch):
    monkeypatch.setattr(word_model, "PAIRS", 2**10)  # faster
    marked = texts(tmp_path / "a.csv", ["text", *NAMES], [[text, *y] for text, y in zip(WORDS, Y)])
    columns = load(**marked, LABEL=NAMES)
    joined = texts(tmp_path / "b.csv", ["text", "tags"], zip(WORDS, [tags.replace(",", "|") for tags in TAGS]))
    tags = load(**joined, LABEL="tags", TASK="multilabel")
    np.testing.assert_array_equal(tags.train.y[:, [2, 0, 1]], columns.train.y)
    names = [[name.replace(" ", "-") for name in own.split(",") if name] for own in TAGS]
    lines = ["".join(f"__label__{name} " for name in own) + text for own, text in zip(names, WORDS)]
    (tmp_path / "c_train.txt").write_text("\n".join(sorted(lines[:200], key=lambda line: not line.startswith("_"))))
    (tmp_path / "c_test.txt").write_text("\n".join(lines[200:]))
    c = shipped.changed(DATASET=str(tmp_path / "c_train.txt"), RUN_DIR=str(tmp_path / "run"), EPOCHS=2)
    data = load(**c)
    np.testing.assert_array_equal(data.test.y[:, [2, 0, 1]], Y[200:])
    assert data.task.classes == ["is-high", "rare", "rises"] and data.test.names[0] == WORDS[200]
    train_model.main(c)
    result = evaluate_model.main(c)
    assert result["macro_f1"] > 0.9  # the linear model of words beside the network knows them
    assert result["checks"]["twins"]["equal"] == 40 and result["baselines"]["linear"] > 0.9
    predict_model.predict(str(tmp_path / "run"), str(tmp_path / "c_test.txt"))
    found = predictions(tmp_path / "run" / "new_predictions.csv")
    assert [*found["text"]] == WORDS[200:] and (found["predicted_rises"].astype(int) == Y[200:, 0]).mean() > 0.9


def test_fasttexts_lines_with_one_label_each_are_classes(tmp_path):
    lines = [f"__label__{'ab'[k % 2]} {text}" for k, text in enumerate(WORDS)]
    (tmp_path / "c.txt").write_text("\n".join(lines))
    assert load(DATASET=str(tmp_path / "c.txt")).task.classes == ["a", "b"]
    marked = texts(tmp_path / "b.csv", ["text", "label"], [[text, f"__label__{k % 2}"] for k, text in enumerate(WORDS)])
    assert load(**marked, LABEL="label").task.classes == ["__label__0", "__label__1"]


def test_recordings_with_several_labels(tmp_path):
    with open(tmp_path / "d.csv", "w") as file:
        file.write("rec,v,pump,valve\n")
        file.writelines(f"{rec},{row % 7},{int(row > 20)},{rec % 2}\n" for rec in range(8) for row in range(40))
    columns = {"DATASET": str(tmp_path / "d.csv"), "SEQUENCE": "rec", "LABEL": ["pump", "valve"]}
    data = load(**columns, WINDOW=10, STRIDE=10)
    windows = [data.test.names[row] for row in data.test.rows]
    ends, of = [int(name.split()[-1]) for name in windows], [int(name[0]) for name in windows]
    np.testing.assert_array_equal(data.test.y, np.transpose([np.array(ends) > 20, np.array(of) % 2]))
    with pytest.raises(InputError, match="0 has 2 labels .*set WINDOW"):
        load(**columns)
    (tmp_path / "sounds").mkdir()
    with open(tmp_path / "sounds" / "metadata.csv", "w") as file:
        file.write("file_name,bark,bird\n" + "".join(f"{k}.wav,{k % 2},{int(k > 5)}\n" for k in range(12)))
    for k in range(12):
        wavfile.write(tmp_path / "sounds" / f"{k}.wav", 8000, (RNG.normal(size=2000) * 4000).astype(np.int16))
    data = load(DATASET=str(tmp_path / "sounds"), LABEL=["bark", "bird"])
    numbers = np.array([int(data.train.names[row].split(".")[0]) for row in data.train.rows])
    np.testing.assert_array_equal(data.train.y, np.transpose([numbers % 2, numbers > 5]))


def test_without_a_validation_set_thresholds_are_a_half_and_new_rows_may_lack_the_labels(shipped, tmp_path, capsys):
    path, run = table(tmp_path / "d.csv"), tmp_path / "run"
    c = {
        "DATASET": path,
        "SEQUENCE": "row",
        "LABEL": NAMES,
        "IGNORE": ["tags", "kind"],
        "RUN_DIR": str(run),
        "EPOCHS": 1,
    }
    train_model.main(shipped.changed(**c))
    evaluate_model.main(shipped.changed(**c))
    assert "Thresholds of the probabilities: 0.5 (VALIDATION_SIZE" in capsys.readouterr().out
    found = predictions(run / "predictions.csv")
    np.testing.assert_array_equal(found["predicted_rises"] == "1", found["probability_rises"].astype(float) >= 0.5)
    lines = (tmp_path / "d.csv").read_text().splitlines()[:9]
    (tmp_path / "new.csv").write_text("\n".join(",".join(line.split(",")[:16]) for line in lines))
    predict_model.predict(str(run), str(tmp_path / "new.csv"))
    without = predictions(run / "new_predictions.csv")
    predict_model.predict(str(run), path)
    assert [*predictions(run / "new_predictions.csv")["probability_rises"][:8]] == [*without["probability_rises"]]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"LABEL": NAMES, "CLASS_WEIGHT": "balanced"}, "CLASS_WEIGHT is for classes: with several labels at once"),
        ({"LABEL": ["rises", "kind"]}, "column 'kind' of LABEL holds .*each column holds 0 and 1"),
        (
            {"LABEL": ["rises", "100"], "TASK": "multilabel"},
            '0 and 1 alone, none of them missing; numbers .*"regression"',
        ),
        ({"LABEL": "rises", "TASK": "multilabel"}, "each sequence of .* has one label, such as '1', which TASK = None"),
        ({"LABEL": ["rises", "rains"]}, r"LABEL = 'rains' is impossible: the 21 columns"),
    ],
)
def test_what_is_no_label_is_refused(tmp_path, chosen, message):
    ignored = [name for name in [*NAMES, "tags", "kind"] if name not in chosen["LABEL"]]
    with pytest.raises(InputError, match=message):
        load(DATASET=table(tmp_path / "d.csv"), SEQUENCE="row", **chosen, IGNORE=ignored)


def test_joined_words_that_are_learned_as_classes_are_asked_about(tmp_path):
    path = texts(tmp_path / "b.csv", ["text", "tags"], zip(WORDS, ["a,b", "a", "b"] * 80))
    notes = load(**path, LABEL="tags").sequences.notes
    assert "is 'a,b' several labels at once? TASK = \"multilabel\" learns each; here it is one class" in notes
    assert not load(
        **texts(tmp_path / "b.csv", ["text", "tags"], zip(WORDS, ["a, b", "c", "d"] * 80)), LABEL="tags"
    ).sequences.notes


def test_several_columns_of_numbers_are_several_targets(tmp_path):
    data = load(DATASET=table(tmp_path / "d.csv"), SEQUENCE="row", LABEL=["100", "101"], IGNORE=["tags", "kind"])
    assert data.task.metric == "rmse" and data.task.targets == ["100", "101"]


@pytest.mark.parametrize("texts", [True, False])
def test_one_training_sequence_is_refused(texts):
    x = ["one word two", "two words one", "a b c"] if texts else np.random.default_rng(0).random((3, 9, 1))
    for constants in ({"TEST_SIZE": 2}, {"TEST_SIZE": 1, "VALIDATION_SIZE": 1}):
        with pytest.raises(InputError, match="the training set has one sequence, labels need two: give more"):
            load_data(x, np.array([[0, 1], [1, 1], [1, 1]]), TASK="multilabel", **constants)
