"""How much of the network counts beside its linear model: by data that neither was fitted to, worked out with NumPy."""

import numpy as np
import pytest

import evaluate_model
import train_model
from sequences.held_out import hold_out_last
from tests.conftest import load, load_model

RNG = np.random.default_rng(0)
X = RNG.normal(size=(190, 10, 2))
NOISE = 2.5 * RNG.normal(size=190)
CURVED = X[:, -1, 0] + 2 * X[:, -1, 1] ** 2 + NOISE  # what the network learns counts, but it learns noise by heart too
STRAIGHT = 4 * X[:, -1, 0] + NOISE[::-1]  # here it learns noise alone


def constants(shipped, tmp_path, y, **others):
    np.savez(tmp_path / "d.npz", X_train=X[:90], y_train=y[:90], X_test=X[90:], y_test=y[90:])
    chosen = {"DATASET": str(tmp_path / "d.npz"), "RUN_DIR": str(tmp_path / "run"), "EPOCHS": 60, "LEARNING_RATE": 0.01}
    return shipped.changed(**chosen | others)


def test_the_share_is_that_of_least_squares_on_the_validation_set(shipped, tmp_path):
    from core.quiet_tensorflow import keras

    c = constants(shipped, tmp_path, CURVED, VALIDATION_SIZE=30)
    share = train_model.main(c).record.network_share
    model, held_out = load_model(tmp_path / "run"), load(**c).validation
    parts = keras.Model(model.input, [model.get_layer("linear").output, model.get_layer("output").output])
    linear, counted = (np.asarray(part, float)[:, 0] for part in parts(held_out.x))
    y = (held_out.y[:, 0] - CURVED[:90].mean()) / CURVED[:90].std()
    alone = counted / share
    assert share == pytest.approx((y - linear) @ alone / (alone @ alone), abs=0.006) and 0.1 < share < 0.9
    answers = np.asarray(model(held_out.x))[:, 0]
    np.testing.assert_allclose(
        answers, (linear + counted) * CURVED[:90].std() + CURVED[:90].mean(), rtol=1e-4, atol=1e-4
    )


def test_a_network_that_learns_noise_alone_ends_at_the_linear_model(shipped, tmp_path, capsys):
    c = constants(shipped, tmp_path, STRAIGHT)
    train_model.main(c)
    result, printed = evaluate_model.main(c), capsys.readouterr().out
    assert printed.count("The network adds nothing to the linear model here") == 2
    assert result["rmse"] == pytest.approx(result["baselines"]["linear"], rel=1e-5)
    everything = train_model.main(c.changed(LINEAR_START=False))
    assert everything.record.network_share is None and evaluate_model.main(c)["rmse"] > 1.1 * result["rmse"]


@pytest.mark.parametrize("times", [3, 8])  # after three of five parts, and after three epochs with all
def test_a_training_that_was_stopped_ends_as_if_it_was_not(shipped, tmp_path, monkeypatch, times):
    from training import fit

    c = constants(shipped, tmp_path, CURVED, EPOCHS=6, DROPOUT=0.2)
    whole, save, saved = train_model.main(c), fit.save_checkpoint, []
    weights = whole.load_model().get_weights()

    def interrupted(*given):
        save(*given)
        saved.append(given)
        if len(saved) == times:
            raise KeyboardInterrupt

    monkeypatch.setattr(fit, "save_checkpoint", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_model.main(c)
    again = train_model.main(c)
    assert len(saved) == 11
    for own, other in zip(again.load_model().get_weights(), weights):
        np.testing.assert_array_equal(own, other)
    assert again.record.network_share == whole.record.network_share
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".run") and not path.name.endswith("lock")]


def test_held_out_forecasts_come_after_all_that_was_trained_on():
    series, origins = (
        np.repeat([0, 1, 2], [50, 20, 3]),
        np.concatenate([np.arange(50), np.arange(100, 120), [200, 201, 202]]),
    )
    ((kept, held_out),) = hold_out_last(series, origins, 4)
    for own, count in ((0, 10), (1, 4)):
        first = origins[held_out][series[held_out] == own]
        assert len(first) == count and origins[kept][series[kept] == own].max() + 4 == first.min()
    assert (series[kept] == 2).sum() == 3  # too short to hold any out
