"""The figures of the report against values worked out by hand."""

import numpy as np
import pytest

from evaluate_model import report, score


def probabilities(right, wrong):
    """Two classes, all true answers 0, `right` of them predicted so."""
    return np.zeros(right + wrong, int), np.array([[0.9, 0.1]] * right + [[0.2, 0.8]] * wrong)


# (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.959964, worked out on paper
@pytest.mark.parametrize(
    ("right", "wrong", "low", "high"),
    [(5, 5, 0.236593, 0.763407), (10, 0, 0.722467, 1.0), (0, 10, 0.0, 0.277533), (80, 20, 0.711169, 0.866633)],
)
def test_wilson_interval(right, wrong, low, high):
    result = score(*probabilities(right, wrong), ["a", "b"])
    assert result["accuracy_interval"] == pytest.approx([low, high], abs=2e-6)


def test_loss_is_the_mean_negative_logarithm_of_the_true_class():
    result = score(*probabilities(3, 1), ["a", "b"])
    assert result["loss"] == pytest.approx(-(3 * np.log(0.9) + np.log(0.2)) / 4)


def test_confusion_matrix_precision_recall_and_f1():
    y = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.eye(3)[[0, 0, 1, 1, 1, 1]]
    result = score(y, predicted * 0.8 + 0.2 / 3, ["a", "b", "c"])
    assert result["confusion_matrix"] == [[2, 1, 0], [0, 2, 0], [0, 1, 0]]
    assert result["per_class"]["b"]["precision"] == pytest.approx(2 / 4)
    assert result["per_class"]["a"]["recall"] == pytest.approx(2 / 3)
    assert result["per_class"]["a"]["f1-score"] == pytest.approx(2 * 1 * (2 / 3) / (1 + 2 / 3))
    assert result["per_class"]["c"]["f1-score"] == 0
    assert result["majority_baseline"] == 0.5 and result["majority_class"] == "a"


@pytest.mark.parametrize(("right", "verdict"), [(58, "not shown to beat"), (75, "beats the baseline")])
def test_the_verdict_compares_the_interval_with_the_baseline(tmp_path, right, verdict):
    y = np.arange(100) % 2
    answers = np.where(np.arange(100) < right, y, 1 - y)
    result = score(y, np.eye(2)[answers] * 0.8 + 0.1, ["a", "b"])
    record = {"constants": {"DATASET": "motifs"}, "classes": ["a", "b"], "trained": "", "parameters": 1}
    assert verdict in report(result, record, tmp_path)
