"""What is said of forecasts: of the test set, and of the rows beyond the end of new series."""

import numpy as np

from reports import Report
from reports import pictures as plots
from reports.forecasts import forecast_lines, score_forecasts
from reports.text import aligned, figure
from sequences.calendar_features import continued
from sequences.types import Split
from tasks.forecasting import multiple_series as several
from tasks.forecasting.prediction_intervals import EDGES, half_widths


def report(data, forecasts, rivals, c):
    """Score forecasts (n, horizon, targets) of the test set beside those of `rivals`. Returns: Report."""
    state, series, test = data.state, data.sequences, data.test
    first, begins = test.rows + test.shape[0], several.begins(series)
    own = several.series_of(first, begins)
    values = np.concatenate(series.x)[:, state["places"]]
    true = values[first[:, None] + np.arange(state["horizon"])]
    bands = half_widths(test, state)
    names, scales = (series.names, several.scales(data, c.SEASON or 1)) if len(begins) > 1 else (None, None)
    figures = score_forecasts(true, forecasts, rivals, bands, state["targets"], test.unit, (names, own, scales), c.SEED)
    edges = {f"{edge}_{level}": forecasts + sign * size for level, size in bands.items() for edge, sign in EDGES}
    header, rows = table({"true": true, "forecast": forecasts, **edges}, state, first - begins[own], names, own)
    pictures = {"forecast.png": plots.forecast(panels(data, figures, values, forecasts, bands))}
    return Report(figures, forecast_lines(figures, state["targets"], c.STANDARDISE), header, rows, pictures)


def report_new(new, forecasts, state, input_shape):
    """Report the forecasts of the steps beyond the end of each series. Returns: Report, its figures empty."""
    places, names = state["places"], new.names
    x = several.last_windows(new.x, new.measured, places, input_shape[0])
    bands = half_widths(Split(x, None, np.arange(len(x))), state)
    edges = {f"{edge}_{level}": forecasts + sign * size for level, size in bands.items() for edge, sign in EDGES}
    ends = [several.last_measured(measured[:, places]) for measured in new.measured]
    times = new.times and [times_ahead(own, end, state["horizon"]) for own, end in zip(new.times, ends)]
    header, rows = future_table(forecasts, edges, state, names, times)
    past = [values[:end, places] for values, end in zip(new.x, ends)]
    what = f"the last of {ends[0]} rows" if names is None else f"the end of {len(names)} series"
    shown = rows if len(rows) <= 60 else rows[:12]
    lines = [f"Forecast of {', '.join(state['targets'])} beyond {what}:", aligned(header, shown)]
    lines += ["..."] if len(shown) < len(rows) else []
    picture = plots.future(past, forecasts, bands, state["targets"], names)
    return Report({}, lines, header, rows, {"future.png": picture})


def table(columns, state, rows, names, own):
    """Lay out predictions.csv: columns {name: (n, horizon, targets)}. Returns: (header, rows of strings)."""
    targets, horizon = state["targets"], state["horizon"]
    more = len(targets) > 1
    header = ["index", *(["series"] if names else [])]
    header += [
        f"{name}_{target}_step_{h}" if more else f"{name}_step_{h}"
        for name in columns
        for target in targets
        for h in range(1, horizon + 1)
    ]
    flat = np.concatenate([v.transpose(0, 2, 1).reshape(len(v), -1) for v in columns.values()], axis=1)
    places = [[row, *([names[k]] if names else [])] for row, k in zip(rows, own)]
    return header, [[*place, *(f"{v:.6g}" for v in cells)] for place, cells in zip(places, flat)]


def times_ahead(times, end, horizon):
    """Return the times, strings, of `horizon` rows from row `end` on, of a series with time stamps (rows,)."""
    later = np.concatenate([times[end:], continued(times, horizon)])[:horizon]
    unit = "D" if (later == later.astype("datetime64[D]")).all() else np.datetime_data(later.dtype)[0]
    return [time.replace("T", " ") for time in np.datetime_as_string(later, unit=unit).tolist()]


def future_table(forecasts, edges, state, names, times):
    """Lay out new_predictions.csv: a row for each series and step, with its time where the series have time stamps.

    Returns: (header, rows of strings).
    """
    targets = state["targets"]
    header = ["step", *(["time"] if times else []), *(["series"] if names else []), *targets]
    header += [f"{edge}_{target}" if len(targets) > 1 else edge for edge in edges for target in targets]
    values, rows = np.concatenate([forecasts, *edges.values()], axis=2), []  # (series, horizon, columns)
    for k, own in enumerate(values):
        for step, cells in enumerate(own, 1):
            place = [*([times[k][step - 1]] if times else []), *([names[k]] if names else [])]
            rows.append([str(step), *place, *(f"{v:.6g}" for v in cells)])
    return header, rows


def panels(data, figures, values, forecasts, bands):
    """Choose what forecast.png shows: the best and the worst series, or target, or the only one.

    Returns: list of dictionaries with what plots.forecast draws in one panel.
    """
    state, series = data.state, data.sequences
    first, starts = data.test.rows + data.test.shape[0], several.begins(series)
    own = several.series_of(first, starts)
    chosen = [(own[0], 0)]
    if len(state["targets"]) > 1:
        skills = [f["skill"] for f in figures["per_target"].values()]
        chosen = [(own[0], k) for k in dict.fromkeys([int(np.argmax(skills)), int(np.argmin(skills))])]
    if len(starts) > 1:
        errors = {name: f["mase"] for name, f in figures["per_series"].items() if f["mase"] is not None}
        ends = [min(errors, key=errors.get), max(errors, key=errors.get)] if errors else [series.names[own[0]]]
        chosen = [(series.names.index(name), 0) for name in dict.fromkeys(ends)]
    made = []
    for place, k in chosen:
        windows, target = own == place, state["targets"][k]
        rmse = np.sqrt(np.mean((forecasts[windows][:, :, k] - data.test.y[windows][:, :, k]) ** 2))
        title = f"{target}{f' of {series.names[place]}' if len(starts) > 1 else ''}, {state['horizon']} steps ahead"
        made.append(
            {
                "values": values[starts[place] : starts[place] + len(series.x[place]), k],
                "first_targets": first[windows] - starts[place],
                "forecasts": forecasts[windows][:, :, k],
                "bands": {level: size[windows][:, :, k] for level, size in bands.items()},
                "target": target,
                "title": f"{title}: test RMSE {figure(rmse)}",
            }
        )
    return made
