"""Anomalies: what is normal is learned from normal sequences, and the threshold from groups that were held out."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

import evaluate_model
import train_model
from cnn_lstm_model import build_model
from core.errors import InputError
from core.run_folder import load_record
from data_preprocessing import load_data
from evaluation.anomaly_scores import (
    alarm_delays,
    held_out_rate,
    p_values,
    point_adjusted_f1,
    ranking_curves,
    score_anomalies,
    threshold_of,
    volume_under_surface,
)
from experiments.conclusion import conclude
from predict_model import predict
from readers import read_data_set
from tasks.anomaly.detector import noise_share
from tasks.anomaly.sensor_faults import find_causes, levels_vary
from tasks.anomaly.task import training_groups
from tests.conftest import load_model
from training.saved_run import open_run

STEPS = 24


def waves(n, seed, groups=12):
    """Return sequences of sines (n, STEPS, 2), each of `groups` a little louder than the one before, and the groups."""
    rng, of = np.random.default_rng(seed), np.arange(n) % groups
    phase = rng.uniform(0, 6.3, (n, 1))
    loud = 1 + of[:, None] / 40
    sines = np.stack([loud * np.sin(np.arange(STEPS) / 2 + phase + k) for k in range(2)], axis=2)
    return sines + rng.normal(0, 0.05, sines.shape), of


def write_machines(path, anomalies=40, normal=40):
    """Write arrays: 120 normal sequences of 12 machines and 8 faults to train, others to test. Returns: test labels."""
    x, groups = waves(128, 0)
    new, new_groups = waves(anomalies + normal, 1)
    x[120:], new[:anomalies] = (
        own + np.random.default_rng(2).normal(0, 0.7, own.shape) for own in (x[120:], new[:anomalies])
    )
    y = np.where(np.arange(anomalies + normal) < anomalies, "worn", "normal")
    arrays = {"X_train": x, "y_train": np.where(np.arange(128) < 120, "normal", "worn"), "groups_train": groups}
    np.savez(path, **arrays, X_test=new, y_test=y, groups_test=new_groups + 50)
    return y


@pytest.fixture(scope="module")
def trained(tmp_path_factory, shipped):
    """A run of machines: (folder of the run, path of the data, labels of the test set, figures, what was printed)."""
    folder = tmp_path_factory.mktemp("anomaly")
    labels = write_machines(folder / "machines.npz")
    c = shipped.changed(
        DATASET=str(folder / "machines.npz"),
        TASK="anomaly",
        EPOCHS=2,
        FILTERS=4,
        LSTM_UNITS=4,
        RUN_DIR=str(folder / "run"),
    )
    train_model.main(c)
    return folder / "run", folder / "machines.npz", labels, evaluate_model.main(c)


# Scores.


def test_ranking_scores_are_scikit_learns():
    rng = np.random.default_rng(0)
    truth = rng.random(300) < 0.2
    scores = np.round(rng.normal(size=300) + truth, 1)  # many are equal
    once, drawn = np.ones((1, 300)), rng.integers(0, 4, (1, 300))
    for weights in (once, drawn):
        auc, precision = ranking_curves(scores, weights, truth)
        assert np.allclose(auc, roc_auc_score(truth, scores, sample_weight=weights[0]))
        assert np.allclose(precision, average_precision_score(truth, scores, sample_weight=weights[0]))


def test_the_interval_of_a_difference_draws_whole_groups():
    rng = np.random.default_rng(0)
    truth = np.tile([True, False], 150)
    scores = {"detector": truth + rng.normal(0, 0.5, 300), "other": rng.random(300)}
    alone = score_anomalies(truth, scores, np.arange(300), 1)
    low, high = alone["differences"]["other"]["interval"]
    assert 0.2 < low < alone["differences"]["other"]["difference"] < high < 0.7
    # Thirty copies of ten sequences are ten observations, not three hundred.
    few = {name: np.repeat(own[:10], 30) for name, own in scores.items()}
    copies = score_anomalies(np.repeat(truth[:10], 30), few, np.repeat(np.arange(10), 30), 1)
    as_if_new = score_anomalies(np.repeat(truth[:10], 30), few, np.arange(300), 1)
    widths = [np.ptp(own["differences"]["other"]["interval"]) for own in (copies, as_if_new)]
    assert widths[0] > 3 * widths[1]


def test_threshold_and_p_values_agree_and_keep_the_rate():
    rng = np.random.default_rng(0)
    held_out, new = rng.normal(size=199), rng.normal(size=20_000)
    ps, alarms = p_values(new, held_out), new > threshold_of(held_out, 0.05)
    assert (alarms == (ps <= 0.05)).all() and 0.02 < alarms.mean() < 0.09
    assert p_values(np.array([99.0, -99.0]), held_out).tolist() == [1 / 200, 1.0]
    assert np.isinf(threshold_of(held_out[:18], 0.05)) and np.isfinite(threshold_of(held_out[:19], 0.05))


def test_the_held_out_rate_sees_that_groups_differ():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 50)
    alike = rng.normal(size=1000)
    assert held_out_rate(alike, groups, 0.05)[0] == pytest.approx(0.05, abs=0.01)
    rate, (low, high) = held_out_rate(alike + 30 * (groups == 7), groups, 0.02)
    assert rate == pytest.approx(0.05) and low == 0 and high > 0.1  # the whole of one group, and it sets the others'


def test_series_scores_by_hand():
    truth = np.zeros(400, bool)
    truth[100:120] = truth[300:340] = True
    assert volume_under_surface(truth, truth.astype(float), 0) == pytest.approx(1)
    noise, late = np.random.default_rng(0).random(400), np.roll(truth, 5).astype(float)
    assert volume_under_surface(truth, noise, 20) < 0.35 < volume_under_surface(truth, late, 0)
    assert volume_under_surface(truth, late, 40) > volume_under_surface(truth, late, 0)  # near counts in part
    assert point_adjusted_f1(truth, noise) > 0.7  # a random score
    alarms = np.zeros(400, bool)
    alarms[[50, 110, 115]] = True
    assert alarm_delays(truth, alarms) == [10, None]


# A run.


def test_anomalies_of_the_training_set_are_left_out_and_the_others_found(trained):
    folder, _, _, figures = trained
    record = load_record(folder)
    assert record.sequences == {"training": 120, "test": 80}
    assert "anomalies of the training set, left out: 8" in record.notes
    assert any(note.startswith("normal: label 'normal', by its name") for note in record.notes)
    assert figures["roc_auc"] > 0.95 and figures["anomalies"] == 40
    assert {*figures["baselines"]} == {"autoencoder", "PCA", "isolation forest", "random"}
    assert figures["differences"]["random"]["interval"][0] > 0.2
    assert (folder / "unusual.png").read_bytes().startswith(b"\x89PNG")
    report = (folder / "report.html").read_text()
    assert "in held-out groups (12 groups) it gave" in report and "Test ROC-AUC: " in report


def test_the_saved_model_measures_distances_to_normal_sequences(trained):
    folder, path, _, _ = trained
    arrays, learned = np.load(path), load_record(folder).learned
    normal, new = arrays["X_train"][:120].astype(np.float32), arrays["X_test"].astype(np.float32)
    output = np.asarray(load_model(folder)(new))
    mean, deviation = (getattr(normal.reshape(-1, 2), name)(axis=0) for name in ("mean", "std"))
    flat = [((x - mean) / deviation).reshape(len(x), -1).astype(float) for x in (normal, new)]
    distances = np.sqrt(((flat[1][:, None] - flat[0]) ** 2).sum(axis=2)).min(axis=1)
    assert np.allclose(output[:, 2], distances, rtol=1e-3)
    # The centre is the median distance to the nearest of another machine.
    own = np.sqrt(((flat[0][:, None] - flat[0]) ** 2).sum(axis=2))
    own[np.equal.outer(np.arange(120) % 12, np.arange(120) % 12)] = np.inf
    assert np.exp(learned["centre"][1]) == pytest.approx(np.median(own.min(axis=1)), rel=1e-3)
    assert len(learned["held_out"]) == 120 and learned["groups"] == "12 groups"


def test_values_are_averaged_until_noise_does_not_hide_levels(shipped):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 22, 2)).astype(np.float32)
    assert noise_share(x) == pytest.approx(1, abs=0.1)
    assert noise_share(np.sin(np.arange(200) / 8)[None, :, None]) < 1e-3
    data = load_data(x, **shipped.changed(TASK="anomaly", FILTERS=2, LSTM_UNITS=2))
    model = data.task.finish(data.task.network(data, data.constants, build_model), data, data.constants)
    levels = rng.normal(size=(5, 22, 2)).astype(np.float32) + 1
    distances = np.asarray(model(levels))[:, 2]
    mean, deviation = (getattr(data.train.x.reshape(-1, 2), name)(axis=0) for name in ("mean", "std"))
    # 22 steps in averages of 10 or more of them are 2 or 3, without those that padding adds.
    size = int(np.ceil(noise_share((data.train.x - mean) / deviation) / 0.1))
    before = (-22 % size) // 2
    pooled = [
        np.stack([own[:, max(0, k) : k + size].mean(axis=1) for k in range(-before, 22, size)], axis=1)
        for own in ((levels - mean) / deviation, (data.train.x - mean) / deviation)
    ]
    nearest = np.sqrt(((pooled[0][:, None] - pooled[1]) ** 2).sum(axis=(2, 3))).min(axis=1)
    assert 9 <= size <= 11 and np.allclose(distances, nearest, rtol=1e-3)


def test_sequences_that_were_standardised_one_by_one_are_compared_by_shapes_alone():
    x = np.random.default_rng(0).normal(size=(40, 12, 1)) + np.arange(40)[:, None, None]
    alone = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    for values, own, spaces in (
        (x, "training", ["shapes", "values"]),
        (alone.round(4), "training", ["shapes"]),
        (x, "sequence", ["shapes"]),
    ):
        data = load_data(values, TASK="anomaly", STANDARDISE=own)
        assert data.task.spaces == spaces
        assert any("shapes alone are compared" in note for note in data.sequences.notes) == (spaces == ["shapes"])


def test_levels_are_told_far_from_zero_and_padding_is_no_stuck_sensor():
    x = np.random.default_rng(0).normal(size=(40, 30, 1))
    alike = x - x.mean(axis=1, keepdims=True)
    for far in (0, 1e9):
        assert levels_vary(x + far, range(40)) and not levels_vary(alike + far, range(40))
    padded = np.concatenate([np.zeros((1, 20, 2)), np.random.default_rng(1).normal(size=(1, 10, 2))], axis=1)
    padded[0, 24:28, 1] = 0.5  # filled
    measured = np.ones((10, 2), bool)
    measured[5:7, 1] = False
    assert find_causes(padded, [[-4, 4, 3]] * 2, ["a", "b"], [measured]) == ["missing: b"]


def test_new_sequences_get_score_p_value_and_cause(trained, tmp_path):
    folder, _, _, _ = trained
    new, _ = waves(5, 5)
    new[1, 6:, 0] = new[1, 6, 0]  # stuck
    new[2, :, 1] += 9  # out of range
    new[3] = new[3, ::-1] * np.sign(np.random.default_rng(0).normal(size=(STEPS, 2)))  # another state, in range
    new[4, 4:20, 1] = np.nan
    found = predict(folder, new)
    assert found["anomaly"].tolist() == ["no", *["yes"] * 4] and (found["p_value"][1:] <= 0.05).all()
    assert found["cause"][1] == "stuck: feature 0" and found["cause"][4] == "missing: feature 1"
    assert found["cause"][2] == "outside the training range: feature 1"
    assert found["cause"][3].startswith("never occurred in training")


# Series.


@pytest.fixture
def series(tmp_path):
    """A series of 700 hours whose 40 hours from row 600 on are noisy, and a JSON file that says so."""
    hours = np.arange("2020-01-01", "2020-01-30T04", dtype="datetime64[h]")
    values = np.sin(np.arange(len(hours)) / 4)
    values[600:640] = np.random.default_rng(0).normal(0, 2, 40)
    rows = [f"{str(hour).replace('T', ' ')}:00:00,{value:.4f}" for hour, value in zip(hours, values)]
    (tmp_path / "pump.csv").write_text("\n".join(["timestamp,value", *rows]) + "\n")
    first, last = (f"{str(hours[k]).replace('T', ' ')}:00:00.000000" for k in (600, 639))
    (tmp_path / "ranges.json").write_text(json.dumps({"plant/pump.csv": [[first, last]], "plant/fan.csv": []}))
    return {
        **{"DATASET": str(tmp_path / "pump.csv"), "LABEL_FILE": str(tmp_path / "ranges.json"), "TASK": "anomaly"},
        **{"WINDOW": 16, "STRIDE": 1, "TEST_SIZE": 0.5, "RUN_DIR": str(tmp_path / "run"), "EPOCHS": 1},
    }


def test_a_series_with_ranges_in_json_is_scored_window_by_window(shipped, series, tmp_path, capsys):
    c = shipped.changed(**series)
    (read, _) = read_data_set(tmp_path / "pump.csv", c)
    assert np.flatnonzero(read.y[0] == "anomaly").tolist() == [*range(600, 640)]
    train_model.main(c)
    figures = evaluate_model.main(c)
    printed = capsys.readouterr().out
    assert figures["roc_auc"] > 0.9 and figures["vus_pr"] > figures["vus_pr_of"]["random"]
    assert figures["ranges"] == 1 and 0 <= figures["delays"][0] < 40
    assert "A random score's point-adjusted F1 would be" in printed
    assert "it may not hold for another" in printed and "True ranges with an alarm in them: 1 of 1" in printed
    assert (tmp_path / "run" / "score.png").exists()
    found = predict(tmp_path / "run", tmp_path / "pump.csv")
    alarms = [name for name, yes in zip(found["file"], found["anomaly"]) if yes == "yes"]
    assert any("steps 608 to 623" in name for name in alarms)


def test_a_series_without_labels_is_scored_without_auc(shipped, series, capsys):
    c = shipped.changed(**series | {"LABEL_FILE": None, "STRIDE": 4})
    train_model.main(c)
    figures = evaluate_model.main(c)
    printed = capsys.readouterr().out
    assert np.isnan(figures["roc_auc"]) and "There are no labels: ROC-AUC and average precision" in printed
    assert "Alarms: " in printed and "No verdict" in printed and "nan" not in printed.lower()


def test_the_network_is_held_out_whole_groups_of_recordings(tmp_path):
    rows = [
        f"{trial // 2},{trial},{np.sin(row / 2 + trial):.3f},{'fall' if trial == 3 and row > 20 else 'normal'}"
        for trial in range(12)
        for row in range(40)
    ]
    (tmp_path / "walks.csv").write_text("\n".join(["person,trial,x,state", *rows]) + "\n")
    columns = {"SEQUENCE": "trial", "GROUP": "person", "LABEL": "state", "WINDOW": 10, "STRIDE": 5, "TEST_SIZE": 2}
    data = load_data(DATASET=str(tmp_path / "walks.csv"), TASK="anomaly", **columns)
    groups, kind = training_groups(data.sequences, data.train, data.constants)
    assert kind == "groups" and len(np.unique(groups)) == 4
    held_out = data.train.y < 0
    assert held_out.any() and not {*groups[held_out]} & {*groups[~held_out]}
    # A window with any row of a fall is an anomaly: of trial 3 those from row 15 on.
    left_out = "anomalies of the training set, left out: 4" in data.sequences.notes
    assert data.test.y.sum() == (0 if left_out else 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"VALIDATION_SIZE": 0.2}, "a validation set (VALIDATION_SIZE, or of a search) is impossible"),
        ({"WINDOW": None}, "is one long series: set WINDOW"),
        ({"LABEL_FILE": "other.json"}, "does not name pump.csv"),
    ],
)
def test_refusals_of_series(shipped, series, tmp_path, change, message):
    (tmp_path / "other.json").write_text('{"plant/fan.csv": []}')
    change = {name: str(tmp_path / value) if name == "LABEL_FILE" else value for name, value in change.items()}
    with pytest.raises(InputError, match="^[^\n]+$") as refused:
        load_data(**shipped.changed(**series | change))
    assert message in str(refused.value)


def test_hostile_ranges_are_refused_in_one_line(shipped, series, tmp_path):
    c = shipped.changed(**series)
    for own in ("3", "[3]", "[[3, 4]]", '["2020-01-01"]', '[["2020-01-01"]]', '[["x", "y"]]', "[[[], {}]]", "[null]"):
        (tmp_path / "ranges.json").write_text(f'{{"pump.csv": {own}}}')
        with pytest.raises(InputError, match="^[^\n]+$"):
            read_data_set(tmp_path / "pump.csv", c)


# What cannot be learned or scored.


def test_one_class_names_the_task_and_constant_sequences_are_refused():
    x = waves(40, 0)[0]
    with pytest.raises(InputError, match='TASK = "anomaly" learns what is normal'):
        load_data(x, np.zeros(40, int))
    with pytest.raises(InputError, match="all normal training sequences are constant and equal"):
        load_data(np.ones((40, STEPS, 1)), np.zeros(40, int), TASK="anomaly")
    with pytest.raises(InputError, match="'normal', which counts as normal: two are needed"):
        load_data(x, np.array(["worn"] * 39 + ["normal"]), TASK="anomaly", SEED=3)


def test_a_test_set_of_one_kind_is_scored_without_auc(trained, shipped):
    folder, path, labels, _ = trained
    run, data = open_run(folder), load_data(**shipped.changed(DATASET=str(path), TASK="anomaly"))
    output = run.load_model()(data.test.x).numpy().astype(float)
    for kept, lacks in ((labels == "normal", "no anomaly"), (labels == "worn", "nothing normal")):
        test = replace(data.test, y=data.test.y[kept], rows=data.test.rows[kept])
        one = replace(data, test=test)
        rivals, _ = run.task.baselines(one, data.constants)
        report = run.task.report(one, run.task.decode(output[kept]), rivals, data.constants)
        lines = [*report.lines, *conclude(report.score, report.figures | {"checks": {}}, run.task)]
        assert f"The test set has {lacks}: ROC-AUC and average precision are impossible" in lines
        assert "No verdict" in lines[-1] and not any("nan" in line for line in lines)
        assert report.figures.get("false_alarms", 0) < 0.3 and report.figures.get("found", 1) > 0.7


def test_three_normal_sequences_are_learned_without_a_warning(shipped, tmp_path, recwarn):
    x = np.random.default_rng(0).normal(size=(7, 30, 1)).astype(np.float32)
    x[3:] += 5
    np.savez(tmp_path / "d.npz", X=x, y=np.array(["normal"] * 3 + ["odd"] * 4))
    run = train_model.main(
        shipped.changed(DATASET=str(tmp_path / "d.npz"), TASK="anomaly", RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    )
    assert not [warning for warning in recwarn if "sample" in str(warning.message)]
    assert np.isfinite(predict(run.folder, tmp_path / "d.npz")["score"]).all()
