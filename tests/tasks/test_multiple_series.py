"""Several targets, several series in a file, inputs known ahead: against values worked out with NumPy."""

import csv

import numpy as np
import pytest

import evaluate_model
import predict_model
import train_model
from core.errors import InputError
from tests.conftest import load, load_model

RNG = np.random.default_rng(3)
SHOPS = {"north": 60, "south": 90, "new": 8}  # rows of each
SALES = {
    shop: 100 * (k + 1) ** 3 + np.arange(n) + 20 * (k + 1) * np.sin(np.arange(n) * np.pi / 6) + RNG.normal(size=n)
    for k, (shop, n) in enumerate(SHOPS.items())
}


def months(n):
    return [f"{2000 + i // 12}-{1 + i % 12:02}" for i in range(n)]


def write_shops(path, shops=SHOPS):
    """Write the shops month by month, so that their rows alternate."""
    lines = []
    for row, month in enumerate(months(max(SHOPS.values()))):
        lines += [f"{month},{shop},{SALES[shop][row]:.6f},{row % 3}" for shop in shops if row < SHOPS[shop]]
    path.write_text("month,shop,sales,offer\n" + "\n".join(lines) + "\n")
    return str(path)


def columns(path, start):
    """Return the numbers of the columns of a CSV file whose names begin so, (rows, columns)."""
    with open(path) as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(v) for k, v in row.items() if k.startswith(start)] for row in rows])


def test_windows_stay_in_their_series_and_the_last_rows_of_each_are_held_out(tmp_path):
    c = {"DATASET": write_shops(tmp_path / "s.csv"), "SEQUENCE": "shop", "TARGET": "sales", "WINDOW": 6, "HORIZON": 2}
    data = load(**c, VALIDATION_SIZE=0.1)
    expected = {"train": 0, "validation": 0, "test": 0}
    # By hand: of 60 rows the last 12 are test, the 6 before validation; of 90 the last 18 and 9. "new" only trains.
    for n, validation, test in ((60, 42, 48), (90, 63, 72), (8, 8, 8)):
        expected["train"] += validation - 6 - 1
        expected["validation"] += max(0, test - validation - 1)
        expected["test"] += max(0, n - test - 1)
    assert {name: len(getattr(data, name)) for name in expected} == expected
    assert "1 of 3 series is too short for a test set: for training alone (new)" in data.sequences.notes
    for part in (data.train, data.test):
        for x, y in zip(part.take(slice(None))[:, :, 0], part.y[:, :, 0]):
            (place,) = [(shop, k) for shop, s in SALES.items() for k in range(len(s)) if abs(s[k] - x[0]) < 1e-3]
            own = SALES[place[0]][place[1] : place[1] + 8]
            np.testing.assert_allclose(np.concatenate([x, y]), own, rtol=1e-5)


def test_scores_over_all_series_and_of_each(shipped, tmp_path, capsys):
    c = {"DATASET": write_shops(tmp_path / "s.csv"), "SEQUENCE": "shop", "TARGET": "sales", "WINDOW": 12, "SEASON": 12}
    c = shipped.changed(**c, HORIZON=3, EPOCHS=2, RUN_DIR=str(tmp_path / "run"))
    train_model.main(c)
    result = evaluate_model.main(c)
    with open(tmp_path / "run" / "predictions.csv") as file:
        rows = list(csv.DictReader(file))
    true, forecast = (columns(tmp_path / "run" / "predictions.csv", name) for name in ("true", "forecast"))
    place, shop = np.array([int(row["index"]) for row in rows]), np.array([row["series"] for row in rows])
    assert result["rmse"] == pytest.approx(np.sqrt(np.mean((forecast - true) ** 2)), rel=1e-4)
    steps = np.arange(3)
    season = np.array([SALES[s][k + steps - 12] for s, k in zip(shop, place)])
    assert result["baselines"]["season before"] == pytest.approx(np.sqrt(np.mean((season - true) ** 2)), rel=1e-4)
    mase, smape = {}, {}
    for name, training in (("north", 48), ("south", 72)):
        own, past = shop == name, SALES[name][:training]
        scale = np.mean(np.abs(past[12:] - past[:-12]))
        mase[name] = np.mean(np.abs(forecast - true)[own]) / scale
        smape[name] = np.mean(200 * np.abs(forecast - true)[own] / (np.abs(true) + np.abs(forecast))[own])
        assert result["per_series"][name]["mase"] == pytest.approx(mase[name], rel=1e-3)
    assert result["mean_of_series"]["network"]["mase"] == pytest.approx(np.mean([*mase.values()]), rel=1e-3)
    assert result["mean_of_series"]["network"]["smape"] == pytest.approx(np.mean([*smape.values()]), rel=1e-3)
    assert "The 2 worst series, MASE" in capsys.readouterr().out
    predict_model.predict(tmp_path / "run", tmp_path / "s.csv")
    with open(tmp_path / "run" / "new_predictions.csv") as file:
        rows = list(csv.DictReader(file))
    assert [(row["step"], row["series"]) for row in rows[:4]] == [
        *((str(h), "north") for h in (1, 2, 3)),
        ("1", "south"),
    ]
    assert abs(float(rows[3]["sales"]) - SALES["south"][-1]) < 60
    assert (tmp_path / "run" / "future.png").read_bytes().startswith(b"\x89PNG")


def test_several_targets_have_a_score_each_and_none_drowns_the_others(shipped, tmp_path, capsys):
    t = np.arange(150)
    a, b = np.sin(t / 4) + 0.1 * RNG.normal(size=150), 1e5 * np.cos(t / 4)
    (tmp_path / "t.csv").write_text("a,b,c\n" + "".join(f"{x:.7f},{y:.7f},{k}\n" for k, (x, y) in enumerate(zip(a, b))))
    c = shipped.changed(DATASET=str(tmp_path / "t.csv"), TARGET=["a", 1], WINDOW=10, HORIZON=2, EPOCHS=2)
    c = c.changed(RUN_DIR=str(tmp_path / "run"), VALIDATION_SIZE=0.2)
    train_model.main(c)
    result = evaluate_model.main(c)
    scaled = []
    for name, values in (("a", a), ("b", b)):
        true, forecast = (
            columns(tmp_path / "run" / "predictions.csv", f"{what}_{name}") for what in ("true", "forecast")
        )
        np.testing.assert_allclose(true[:, 0], values[120:149], rtol=1e-4, atol=1e-5)
        rmse = np.sqrt(np.mean((true - forecast) ** 2))
        assert result["per_target"][name]["rmse"] == pytest.approx(rmse, rel=1e-3)
        scaled.append(rmse / values[:120].std())  # training and validation set
        naive = np.sqrt(np.mean((values[119:148][:, None] - true) ** 2))
        assert result["per_target"][name]["baselines"]["persistence"] == pytest.approx(naive, rel=1e-3)
    assert result["rmse"] == pytest.approx(np.sqrt(np.mean(np.square(scaled))), rel=1e-3)
    assert "Each target, in its own units" in capsys.readouterr().out
    assert load_model(tmp_path / "run").output_shape == (None, 2, 2)
    predict_model.predict(tmp_path / "run", tmp_path / "t.csv")
    with open(tmp_path / "run" / "new_predictions.csv") as file:
        assert list(csv.DictReader(file))[0].keys() >= {"step", "a", "b", "low_80_a", "high_95_b"}


def write_prices(path, future=6, price=None, holiday=None):
    """Hourly prices, whose last rows have no price yet, and a holiday that is known."""
    hours = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[h]")
    n = len(hours)
    holiday = RNG.integers(0, 2, n) if holiday is None else holiday
    price = 50 + 10 * holiday + RNG.normal(size=n) if price is None else price
    cells = [f"{p:.5f}" if k < n - future else "" for k, p in enumerate(price)]
    lines = [f"{str(h).replace('T', ' ')}:00,{p},{v}" for h, p, v in zip(hours, cells, holiday)]
    path.write_text("time,price,holiday\n" + "\n".join(lines) + "\n")
    return hours, price, holiday


KNOWN = {"TARGET": "price", "WINDOW": 8, "HORIZON": 3, "KNOWN": ["holiday", "hour", "weekday"]}


def test_inputs_known_ahead_stand_beside_the_window_and_nothing_of_the_target_does(tmp_path):
    hours, price, holiday = write_prices(tmp_path / "p.csv")
    data = load(DATASET=str(tmp_path / "p.csv"), **KNOWN)
    assert data.train.shape == (8, 2 + 1 + 4)
    x = data.test.take(slice(None))
    for row, window in zip(data.test.rows, x):
        np.testing.assert_allclose(window[:, 2], holiday[row + 3 : row + 11])  # to the last row that is forecast
        angle = 2 * np.pi * ((hours[row + 3 : row + 11].astype(int)) % 24) / 24
        np.testing.assert_allclose(window[:, 3:5], np.stack([np.sin(angle), np.cos(angle)], axis=1), atol=1e-6)
        np.testing.assert_allclose(window[:, 0], price[row : row + 8], rtol=1e-5)
    # Smuggling: other prices to come must leave every input as it is.
    other = price.copy()
    other[60:] += 1000
    write_prices(tmp_path / "p.csv", price=other, holiday=holiday)
    changed = load(DATASET=str(tmp_path / "p.csv"), **KNOWN)
    before = changed.train.rows + 8 <= 60
    np.testing.assert_array_equal(
        changed.train.take(np.flatnonzero(before)), data.train.take(np.flatnonzero(data.train.rows + 8 <= 60))
    )
    for smuggled in (["price"], ["holiday", "price"], [1]):
        with pytest.raises(InputError, match="'price' is to be forecast, its future is not known"):
            load(DATASET=str(tmp_path / "p.csv"), **KNOWN | {"KNOWN": smuggled})


def test_known_inputs_help_and_are_needed_to_predict(shipped, tmp_path):
    _, _, holiday = write_prices(tmp_path / "p.csv")
    c = shipped.changed(**KNOWN, DATASET=str(tmp_path / "p.csv"), RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    train_model.main(c)
    with_them = evaluate_model.main(c)
    assert with_them["baselines"]["linear"] < 0.5 * with_them["baselines"]["persistence"]  # tomorrow's holiday is 10
    predict_model.predict(tmp_path / "run", tmp_path / "p.csv")
    forecast = columns(tmp_path / "run" / "new_predictions.csv", "price")[:, 0]
    np.testing.assert_allclose(forecast, 50 + 10 * holiday[90:93], atol=5)
    with open(tmp_path / "run" / "new_predictions.csv") as file:
        times = [row["time"] for row in csv.DictReader(file)]
    assert times == ["2024-01-04 18:00:00", "2024-01-04 19:00:00", "2024-01-04 20:00:00"]  # rows that are there
    write_prices(tmp_path / "p.csv", future=2, holiday=holiday)
    with pytest.raises(InputError, match="holiday must be known for 3 rows beyond the last with price; 2 have it"):
        predict_model.predict(tmp_path / "run", tmp_path / "p.csv")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"KNOWN": ["weather"]}, "KNOWN = 'weather' is impossible: the numeric columns are price, holiday"),
        ({"HORIZON": 9}, "KNOWN needs a WINDOW of HORIZON = 9 rows or more"),
        ({"TARGET": ["price", "price"]}, "names a column twice"),
        ({"TARGET": 7}, "TARGET = 7 is impossible"),
        ({"SEQUENCE": "shop"}, "SEQUENCE = 'shop' is impossible"),
    ],
)
def test_columns_that_are_not_there(tmp_path, changed, message):
    write_prices(tmp_path / "p.csv")
    with pytest.raises(InputError, match=message):
        load(DATASET=str(tmp_path / "p.csv"), **KNOWN | changed)


def test_a_wide_table_and_its_test_twin(shipped, tmp_path):
    lines = {name: [f"{v:.4f}" for v in SALES[name]] for name in ("north", "south")}
    for part, own in (("train", slice(0, -6)), ("test", slice(-6, None))):
        rows = [",".join([f'"{name}"', *(f'"{v}"' for v in cells[own])]) for name, cells in lines.items()]
        width = max(row.count(",") for row in rows)
        rows = [row + "," * (width - row.count(",")) for row in rows]  # as in M4 the shorter end with empty cells
        head = ",".join(f'"V{k + 1}"' for k in range(width + 1))
        (tmp_path / f"Months-{part}.csv").write_text("\n".join([head, *rows]) + "\n")
    c = {"DATASET": str(tmp_path / "Months-train.csv"), "SEQUENCE": "row", "TASK": "forecasting"}
    c = shipped.changed(**c, WINDOW=12, HORIZON=6, SEASON=12, RUN_DIR=str(tmp_path / "run"), EPOCHS=1)
    data = load(**c)
    assert len(data.test) == 2 and data.sequences.names == ["north", "south"]
    np.testing.assert_allclose(data.test.y[:, :, 0], [SALES["north"][-6:], SALES["south"][-6:]], rtol=1e-5)
    train_model.main(c)
    assert set(evaluate_model.main(c)["per_series"]) == {"north", "south"}
    predict_model.predict(tmp_path / "run", tmp_path / "Months-train.csv")
    assert len(columns(tmp_path / "run" / "new_predictions.csv", "value")) == 12


def test_a_folder_with_a_series_in_each_file(tmp_path):
    for shop in SHOPS:
        text = "".join(f"{m},{v:.4f}\n" for m, v in zip(months(99), SALES[shop]))
        (tmp_path / f"{shop}.csv").write_text("month,sales\n" + text)
    data = load(DATASET=str(tmp_path), SEQUENCE="file", TARGET="sales", WINDOW=6, HORIZON=2)
    assert data.sequences.names == ["new.csv", "north.csv", "south.csv"]
    assert [len(x) for x in data.sequences.x] == [8, 60, 90]
    (tmp_path / "north_test.csv").write_text(text)
    (tmp_path / "north.csv").rename(tmp_path / "north_train.csv")
    with pytest.raises(InputError, match="holds north_train.csv and north_test.csv, which SEQUENCE = .file. makes"):
        load(DATASET=str(tmp_path), SEQUENCE="file", TARGET="sales", WINDOW=6, HORIZON=2)


def test_series_of_one_file_are_asked_about(tmp_path):
    with pytest.raises(
        InputError, match="'2000-01' repeats time column 'month'; 'shop' has 3 values.*SEQUENCE = 'shop'"
    ):
        load(DATASET=write_shops(tmp_path / "s.csv"), TARGET="sales")
    with pytest.raises(InputError, match="SEQUENCE = 'shop' needs LABEL.*or to forecast TARGET"):
        load(DATASET=write_shops(tmp_path / "s.csv"), SEQUENCE="shop")


def test_with_its_own_scale_a_series_and_a_thousand_times_it_are_forecast_alike(shipped, tmp_path):
    c = {"DATASET": write_shops(tmp_path / "s.csv"), "SEQUENCE": "shop", "TARGET": "sales", "WINDOW": 12, "HORIZON": 3}
    c = shipped.changed(**c, EPOCHS=2, RUN_DIR=str(tmp_path / "run"), STANDARDISE="sequence")
    train_model.main(c)
    result = evaluate_model.main(c)
    model, x = load_model(tmp_path / "run"), load(**c).test.take(slice(None))
    np.testing.assert_allclose(model.predict(1024 * x, verbose=0), 1024 * model.predict(x, verbose=0), rtol=1e-3)
    scaled = []
    true, forecast = (columns(tmp_path / "run" / "predictions.csv", name) for name in ("true", "forecast"))
    with open(tmp_path / "run" / "predictions.csv") as file:
        shop = np.array([row["series"] for row in csv.DictReader(file)])
    for name, training in (("north", 48), ("south", 72)):
        scaled.append((forecast - true)[shop == name] / SALES[name][:training].std())
    assert result["rmse"] == pytest.approx(np.sqrt(np.mean(np.concatenate(scaled) ** 2)), rel=1e-3)
    train_model.main(c.changed(LEARNING_RATE=1e-30))  # it starts as the linear model of the same values
    result = evaluate_model.main(c.changed(LEARNING_RATE=1e-30))
    assert result["rmse"] == pytest.approx(result["baselines"]["linear"], rel=1e-3)


def test_stride_counts_in_each_series(tmp_path):
    c = {"DATASET": write_shops(tmp_path / "s.csv", ["north", "south"]), "SEQUENCE": "shop", "TARGET": "sales"}
    data = load(**c, WINDOW=6, HORIZON=2, STRIDE=50)
    # By hand: 48 and 72 training rows leave 41 and 65 windows: the first of each, and the 51st of the south.
    assert len(data.train) == 1 + 2 and len(data.test) == 1 + 1


def test_a_folder_of_series_is_predicted_as_it_is_trained(shipped, tmp_path):
    folder = tmp_path / "shops"
    folder.mkdir()
    for k in range(3):  # newest first
        rows = [f"{month},{value + 100 * k}" for value, month in enumerate(months(40))]
        (folder / f"{k}.csv").write_text("\n".join(["month,sales", *rows[::-1]]))
    c = shipped.changed(DATASET=str(folder), SEQUENCE="file", TARGET="sales", WINDOW=6, EPOCHS=1)
    train_model.main(c := c.changed(RUN_DIR=str(tmp_path / "run"), KNOWN=["month"]))
    predict_model.predict(tmp_path / "run", folder)
    np.testing.assert_allclose(columns(tmp_path / "run" / "new_predictions.csv", "sales")[:, 0], [40, 140, 240], atol=3)
    (tmp_path / "new.csv").write_text("sales\n" + "".join(f"{k}\n" for k in range(20)))
    with pytest.raises(InputError, match="KNOWN names month: the table needs time stamps"):
        predict_model.predict(tmp_path / "run", tmp_path / "new.csv")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([f"{2009 - k},{k}" for k in range(40)], None),
        ([f"{2009 - k + 2 * (k == 20)},{k}" for k in range(40)], "column 'year'"),
        (
            [f"{1960 + k if k != 7 else 'x'}-01-01,{k}" for k in range(40)],
            "line 9: 'x-01-01' in column 'year' is not a date",
        ),
    ],
)
def test_clocks_in_numbers_and_mistyped_dates(tmp_path, lines, message):
    (tmp_path / "s.csv").write_text("\n".join(["year,v", *lines]))
    if message:
        with pytest.raises(InputError, match=message):
            load(DATASET=str(tmp_path / "s.csv"), TARGET="v", WINDOW=5)
        return
    data = load(DATASET=str(tmp_path / "s.csv"), TARGET="v", WINDOW=5)
    assert data.sequences.columns == ["v"] and data.sequences.x[0][0, 0] == 39


def test_a_twin_of_other_series_is_refused(tmp_path):
    write_shops(tmp_path / "x_train.csv", ["north"])
    write_shops(tmp_path / "x_test.csv", ["south"])
    with pytest.raises(InputError, match="none of the series in its _TEST twin is in the file itself"):
        load(DATASET=str(tmp_path / "x_train.csv"), SEQUENCE="shop", TARGET="sales", WINDOW=6)
