"""The figures of the report against values worked out by hand."""

import numpy as np
import pytest

from baselines.naive import naive_forecasts
from core.wording import format_percent, format_share
from evaluation import intervals
from evaluation.classification_scores import score_classification
from evaluation.conformal_prediction import conformal_half_widths, decile_score, interval_score
from evaluation.forecast_scores import ForecastComparison, score_forecasts
from evaluation.verdict import verdict
from reports.classification import accuracy_line, classification_lines
from reports.formatting import format_change, format_error
from reports.importance import importance_table


def score(y, probabilities, classes="ab"):
    majority = np.full(len(y), np.bincount(y).argmax())
    return score_classification(y, probabilities, list(classes), {"majority": majority, "linear": majority})


def probabilities(right, wrong):
    """Two classes, all true answers 0, `right` of them predicted so."""
    return np.zeros(right + wrong, int), np.array([[0.9, 0.1]] * right + [[0.2, 0.8]] * wrong)


# (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.959964, worked out on paper
@pytest.mark.parametrize(
    ("right", "wrong", "low", "high"),
    [(5, 5, 0.236593, 0.763407), (10, 0, 0.722467, 1.0), (0, 10, 0.0, 0.277533), (80, 20, 0.711169, 0.866633)],
)
def test_wilson_interval(right, wrong, low, high):
    result = score(*probabilities(right, wrong))
    assert result["accuracy_interval"] == pytest.approx([low, high], abs=2e-6)


def test_loss_is_the_mean_negative_logarithm_of_the_true_class():
    result = score(*probabilities(3, 1))
    assert result["loss"] == pytest.approx(-(3 * np.log(0.9) + np.log(0.2)) / 4)


def test_confusion_matrix_precision_recall_and_f1():
    y = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.eye(3)[[0, 0, 1, 1, 1, 1]]
    result = score(y, predicted * 0.8 + 0.2 / 3, "abc")
    assert result["confusion_matrix"] == [[2, 1, 0], [0, 2, 0], [0, 1, 0]]
    assert result["per_class"]["b"]["precision"] == pytest.approx(2 / 4)
    assert result["per_class"]["a"]["recall"] == pytest.approx(2 / 3)
    assert result["per_class"]["a"]["f1-score"] == pytest.approx(2 * 1 * (2 / 3) / (1 + 2 / 3))
    assert result["per_class"]["c"]["f1-score"] == 0
    assert result["baselines"]["majority"] == 0.5 and result["majority_class"] == "a"


@pytest.mark.parametrize(("right", "words"), [(58, "not shown to beat"), (75, "beats the best"), (25, "worse than")])
def test_the_verdict_is_against_the_best_baseline(right, words):
    y, rival = np.arange(100) % 2, np.arange(100) % 2 * (np.arange(100) > 4)  # the majority class is right on 50
    answers = np.where(np.arange(100) < right, y, 1 - y)
    result = score_classification(y, np.eye(2)[answers] * 0.8 + 0.1, ["a", "b"], {"majority": y * 0, "linear": y * 0})
    assert words in verdict(result, "higher")
    assert result["baselines"] == {"majority": 0.5, "linear": 0.5}
    better_rival = score_classification(y, np.eye(2)[answers], ["a", "b"], {"majority": y * 0, "linear": rival})
    assert better_rival["baselines"]["linear"] == 0.98  # classes 1 of the first five are missed
    assert "is worse than the linear model: use that" in verdict(better_rival, "higher")
    # What is often not known in time has a line of its own, and no say in the verdict.
    known = score_classification(
        y, np.eye(2)[answers] * 0.8 + 0.1, ["a", "b"], {"majority": y * 0, "linear": y * 0, "previous label": y}
    )
    assert verdict(known, "higher") == verdict(result, "higher")
    assert "worse than the previous label" in classification_lines(known, ["a", "b"])[-1]


@pytest.mark.parametrize(
    ("right", "rival", "words"),
    [
        (60, 60, "as good as the best baseline, the linear model, and no better: take the simpler"),
        (60, 61, "not shown to beat the best baseline, the linear model, which is ahead: there is no case for"),
        (61, 60, "not shown to beat the best baseline, the linear model: it is ahead, but"),
    ],
)
def test_the_verdict_tells_ties_from_what_is_open(right, rival, words):
    y = np.arange(100) % 2
    network, other = (np.where(np.arange(100) < count, y, 1 - y) for count in (right, rival))
    result = score_classification(y, np.eye(2)[network] * 0.8 + 0.1, ["a", "b"], {"majority": y * 0, "linear": other})
    assert words in verdict(result, "higher")


def paired(both, won, lost, neither):
    """Return whether each answer is right: of the network, of its rival."""
    right = np.repeat([True, True, False, False], [both, won, lost, neither])
    return right, np.repeat([True, False, True, False], [both, won, lost, neither])


def test_the_difference_of_two_classifiers_is_that_of_the_published_example():
    difference, interval = intervals.accuracy_difference(*paired(36, 12, 2, 0))
    assert difference == pytest.approx(0.2)
    assert interval == pytest.approx([0.0569, 0.3404], abs=1e-4)  # Newcombe (1998), method 10
    assert intervals.accuracy_difference(*paired(50, 0, 0, 0))[0] == 0


@pytest.mark.parametrize(("won", "lost", "both"), [(0.49, 0, 0.5), (0.3, 0.02, 0.6), (0.1, 0.05, 0.8), (0.2, 0.2, 0.5)])
def test_the_interval_of_the_difference_holds_the_truth_as_often_as_it_says(won, lost, both):
    drawn = np.random.default_rng(0).multinomial(50, [both, won, lost, 1 - both - won - lost], 300)
    bounds = np.array([intervals.accuracy_difference(*paired(*counts))[1] for counts in drawn])
    assert ((bounds[:, 0] <= won - lost) & (won - lost <= bounds[:, 1])).mean() > 0.92


def test_the_expected_maximum_gain_is_that_of_the_best_of_equal_scores():
    draws = np.random.default_rng(0).normal(size=(20_000, 10))
    for k in (3, 10):
        gain = intervals.expected_maximum_gain(0.02, k)
        assert gain == pytest.approx(0.02 * draws[:, :k].max(axis=1).mean(), rel=0.04)


def test_conformal_intervals_cover_as_much_as_they_promise():
    errors = np.array([[3.0, 10], [-1, 20], [2, -40], [-4, 30]])
    # ceil(5 · 0.8) = 4: the largest of four; 95 % would need the fifth
    assert conformal_half_widths(errors, np.ones(4)) == {"80": [4.0, 40.0]}
    assert conformal_half_widths(errors, np.array([1, 1, 1, 2]))["80"] == [3.0, 40.0]  # of 3, 1, 2, 4 / 2
    rng = np.random.default_rng(1)
    levels = np.exp(rng.normal(size=400))
    growing = rng.normal(size=(400, 1)) * levels[:, None]
    assert interval_score(growing, levels) < interval_score(growing, np.ones(400))
    inside = []
    for _ in range(300):
        band = conformal_half_widths(rng.normal(size=(59, 1)), np.ones(59))
        inside.append([np.mean(np.abs(rng.normal(size=200)) <= band[level][0]) for level in ("80", "95")])
    np.testing.assert_allclose(np.mean(inside, axis=0), [0.8, 0.95], atol=0.02)


def test_the_score_of_deciles_is_the_absolute_error_of_a_point_and_rewards_the_right_spread():
    errors, rng = np.array([[2.0, -3.0, np.nan]]), np.random.default_rng(0)
    zero = {level: np.zeros(3) for level in ("20", "40", "60", "80")}
    np.testing.assert_allclose(decile_score(errors, zero), np.abs(errors))
    z = {"20": 0.253347, "40": 0.524401, "60": 0.841621, "80": 1.281552}  # deciles of the normal distribution
    drawn = rng.normal(size=200_000)
    of = {
        scale: decile_score(drawn, {level: scale * size for level, size in z.items()}).mean() for scale in (0.5, 1, 2)
    }
    assert of[1] == pytest.approx(0.6173, abs=0.003)  # twice the mean density at the nine deciles
    assert of[1] < min(of[0.5], of[2])


def scored(true, forecasts, baselines, half_widths):
    """Score forecasts (n, horizon) of one target of one series."""
    forecasts = {name: v[:, :, None] for name, v in {"network": forecasts, **baselines}.items()}
    half_widths = {"network": {name: v[:, :, None] for name, v in half_widths.items()}}
    return score_forecasts(ForecastComparison(true[:, :, None], forecasts, half_widths, ["a"], np.ones((len(true), 1))))


def test_forecast_errors_per_step_and_overall_beside_what_costs_nothing():
    values = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    rows = np.array([2, 3, 4])  # forecasts of two steps from each
    true = np.array([[4.0, 8.0], [8.0, 16.0], [16.0, 32.0]])
    naive = naive_forecasts(values, rows, 2, season=1)
    np.testing.assert_array_equal(naive["persistence"], [[2, 2], [4, 4], [8, 8]])
    np.testing.assert_array_equal(naive["season before"], [[2, 2], [4, 4], [8, 8]])
    np.testing.assert_array_equal(naive_forecasts(values, rows[1:], 2, season=2)["season before"], [[2, 4], [4, 8]])
    of_next = naive_forecasts(values, np.array([4]), 2, season=3, begin=np.array([2]))["season before"]
    np.testing.assert_array_equal(of_next, [[np.nan, 4]])  # never from the series before
    bands = {"80": np.array([[1.0, 1.5]] * 3)}
    result = scored(true, true + [[1.0, -2.0]], naive, bands)
    assert result["bands"] == {"80": {"coverage": 0.5, "width": 2.5}}
    assert result["rmse_per_step"]["network"] == pytest.approx([1, 2])
    assert result["mae_per_step"]["persistence"] == pytest.approx([14 / 3, 42 / 3])
    assert result["rmse"] == pytest.approx(np.sqrt(2.5)) and result["mae"] == pytest.approx(1.5)
    persistence = np.sqrt((4 + 16 + 64 + 36 + 144 + 576) / 6)
    assert result["baselines"]["persistence"] == pytest.approx(persistence)
    assert result["differences"]["persistence"]["difference"] == pytest.approx(1 - np.sqrt(2.5) / persistence)


@pytest.mark.parametrize(("noise", "beats"), [(0.5, True), (1.0, False), (1.5, False)])
def test_skill_interval_lies_above_0_only_where_the_model_is_better(noise, beats):
    rng = np.random.default_rng(0)
    true = rng.normal(size=(400, 2))
    rival = {"persistence": true + rng.normal(size=true.shape)}
    result = scored(true, true + noise * rng.normal(size=true.shape), rival, {})
    low, high = result["differences"]["persistence"]["interval"]
    assert low < result["differences"]["persistence"]["difference"] < high and (low > 0) == beats


def test_a_perfect_baseline_is_not_beaten():
    true = np.ones((40, 1))
    result = scored(true, true + 0.1, {"persistence": true}, {})
    assert result["differences"]["persistence"]["difference"] == result["differences"]["persistence"]["interval"][1] < 0
    assert "worse than" in verdict(result, "lower")
    equal = scored(true, true, {"persistence": true}, {})["differences"]["persistence"]
    assert equal["difference"] == 0 and equal["interval"] == [0, 0]


@pytest.mark.parametrize(("windows", "words"), [(3, "not shown to beat"), (40, "beats the best baseline")])
def test_a_few_windows_settle_nothing(windows, words):
    true = np.arange(float(windows))[:, None]
    assert words in verdict(scored(true, true + 0.1, {"persistence": true + 1}, {}), "lower")


def test_small_errors_and_nearly_perfect_shares_are_not_rounded_away():
    assert [format_error(v) for v in (0, 3e-13, 0.0123, 0.25, 1234.5)] == ["0.00", "3e-13", "0.0123", "0.25", "1234.50"]
    values = (0, 0.00003, 0.001, 0.48, 0.994, 0.995, 0.9999, 49_999 / 50_000, 1)
    shown = ["0.00", "0.00003", "0.001", "0.48", "0.99", "0.995", "0.9999", "0.99998", "1.00"]
    assert [format_share(v) for v in values] == shown
    assert [format_percent(v) for v in (0, 0.001, 0.56, 0.997, 1)] == ["0 %", "0.1 %", "56 %", "99.7 %", "100 %"]
    assert [format_change(v) for v in (-0.0004, 0.0004, -0.0006)] == ["+0.000", "+0.000", "-0.001"]
    table = importance_table({"a": (-0.0001, 0.01)}, {"0": (-0.0004, 0.0), "1": (0.2, 0.0)}, "accuracy lost", "windows")
    assert "-0.000" not in table and table.splitlines()[-1] == "The other 1: 0.000" and len(table.splitlines()) == 5


def test_one_error_in_50_000_is_not_shown_as_none():
    y = np.arange(50_000) % 2
    answers = np.where(np.arange(50_000) == 7, 1 - y, y)
    result = score_classification(y, np.eye(2)[answers], ["a", "b"], {"majority": y * 0, "linear": y})
    report = "\n".join(classification_lines(result, ["a", "b"]))
    assert accuracy_line(result) == "Test Accuracy: 0.99998" and "Linear model: 1.00 " in report
