"""The figures of the report against values worked out by hand."""

import numpy as np
import pytest

from baselines.naive import naive_forecasts
from tasks.classification import _lines as report_lines
from tasks.classification import score_classes
from tasks.forecasting import score_forecasts


def probabilities(right, wrong):
    """Two classes, all true answers 0, `right` of them predicted so."""
    return np.zeros(right + wrong, int), np.array([[0.9, 0.1]] * right + [[0.2, 0.8]] * wrong)


# (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.959964, worked out on paper
@pytest.mark.parametrize(
    ("right", "wrong", "low", "high"),
    [(5, 5, 0.236593, 0.763407), (10, 0, 0.722467, 1.0), (0, 10, 0.0, 0.277533), (80, 20, 0.711169, 0.866633)],
)
def test_wilson_interval(right, wrong, low, high):
    result = score_classes(*probabilities(right, wrong), ["a", "b"])
    assert result["accuracy_interval"] == pytest.approx([low, high], abs=2e-6)


def test_loss_is_the_mean_negative_logarithm_of_the_true_class():
    result = score_classes(*probabilities(3, 1), ["a", "b"])
    assert result["loss"] == pytest.approx(-(3 * np.log(0.9) + np.log(0.2)) / 4)


def test_confusion_matrix_precision_recall_and_f1():
    y = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.eye(3)[[0, 0, 1, 1, 1, 1]]
    result = score_classes(y, predicted * 0.8 + 0.2 / 3, ["a", "b", "c"])
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
    result = score_classes(y, np.eye(2)[answers] * 0.8 + 0.1, ["a", "b"])
    assert verdict in "\n".join(report_lines(result, ["a", "b"]))


def test_forecast_errors_per_step_and_overall_beside_what_costs_nothing():
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    rows = np.array([2, 3, 4])  # forecasts of two steps from each
    true = np.array([[4.0, 8.0], [8.0, 16.0], [16.0, 32.0]])
    naive = naive_forecasts(values, rows, 2, season=1)
    np.testing.assert_array_equal(naive["persistence"], [[2, 2], [4, 4], [8, 8]])
    np.testing.assert_array_equal(naive["seasonal naive"], [[2, 2], [4, 4], [8, 8]])
    np.testing.assert_array_equal(naive_forecasts(values, rows[1:], 2, season=2)["seasonal naive"], [[2, 4], [4, 8]])
    result = score_forecasts(true, true + [[1.0, -2.0]], naive)
    assert result["rmse_per_step"]["network"] == pytest.approx([1, 2])
    assert result["mae_per_step"]["persistence"] == pytest.approx([14 / 3, 42 / 3])
    assert result["rmse"] == pytest.approx(np.sqrt(2.5)) and result["mae"] == pytest.approx(1.5)
    persistence = np.sqrt((4 + 16 + 64 + 36 + 144 + 576) / 6)
    assert result["rmse_of"]["persistence"] == pytest.approx(persistence)
    assert result["skill"] == pytest.approx(1 - np.sqrt(2.5) / persistence)


@pytest.mark.parametrize(("noise", "beats"), [(0.5, True), (1.0, False), (1.5, False)])
def test_skill_interval_lies_above_0_only_where_the_model_is_better(noise, beats):
    rng = np.random.default_rng(0)
    true = rng.normal(size=(400, 2))
    result = score_forecasts(
        true, true + noise * rng.normal(size=true.shape), {"persistence": true + rng.normal(size=true.shape)}
    )
    low, high = result["skill_interval"]
    assert low < result["skill"] < high and (low > 0) == beats
