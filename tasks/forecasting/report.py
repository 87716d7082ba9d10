"""What is said of forecasts: of the test set, and of the rows beyond the end of new series."""

import numpy as np

from core.wording import counted
from evaluation.forecast_checks import Origins, forecast_checks, overlap
from evaluation.forecast_scores import ForecastComparison, score_forecasts
from evaluation.intervals import rmse
from reports import Report, maps, pictures
from reports.forecasting import NO_INTERVALS, forecast_blocks, forecast_lines, mase_lines, remark_lines, rmse_line
from reports.formatting import aligned, format_error, format_number
from sequences.calendar_features import times_with_future
from sequences.types import Split
from tasks.forecasting import multiple_series
from tasks.forecasting.prediction_intervals import EDGES, Forecasts


def report_forecasts(task, data, forecasts, rivals, c):
    """Score forecasts (n, horizon, targets) of the test set beside `rivals`, {name: Forecasts}. Returns: Report."""
    series, test = data.sequences, data.test
    first, starts = test.rows + test.shape[0], multiple_series.first_rows(series)
    own = multiple_series.series_of(first, starts)
    values = np.concatenate(series.x)[:, task.places]
    true = np.where(np.isnan(test.y), np.nan, values[first[:, None] + np.arange(task.horizon)])
    network = Forecasts.around(forecasts, task.intervals, test, task.places)
    methods, bands = {"network": network, **rivals}, network.shown()
    names, scales = (
        (series.names, multiple_series.mase_scales(data, c.SEASON or 1)) if len(starts) > 1 else (None, None)
    )
    answers = {name: method.values for name, method in methods.items()}
    half_widths = {name: method.half_widths for name, method in methods.items()}
    origins = Origins(first, own, starts[own])
    shared, _ = overlap(origins, task.horizon)
    compared = ForecastComparison(true, answers, half_widths, task.targets, test.unit, names, own, scales, shared)
    figures = score_forecasts(compared, c.SEED)
    compared_forecasts = np.where(np.isnan(true), np.nan, forecasts)
    if task.track is not None:
        figures |= task.track.figures(true, answers)
    figures |= {"checks": forecast_checks(values, compared_forecasts, origins, task.targets)}
    edges = interval_edges(forecasts, bands, test.dtype)
    columns = as_written(task, {"true": true, "forecast": forecasts, **edges})
    header, rows = table(columns, task, first - starts[own], names, own)
    blocks = [
        pictures.forecasts(*panels(task, data, figures, forecasts, bands)),
        *draw_map(task, data, compared),
        *forecast_blocks(figures, task.targets, c.STANDARDISE),
    ]
    lines, score = forecast_lines(figures, task.targets, c.STANDARDISE), rmse_line(figures, c.STANDARDISE)
    remarks = [
        *([] if bands else [NO_INTERVALS]),
        *mase_lines(figures, c.STANDARDISE),
        *remark_lines(figures, task.targets),
    ]
    return Report(figures, lines, header, rows, blocks, score=score, remarks=remarks)


def report_future(task, new, forecasts, input_shape):
    """Report the forecasts of the steps beyond the end of each series. Returns: Report, its figures empty."""
    places, names = task.places, new.names
    x = multiple_series.last_windows(new.x, new.measured, places, input_shape[0])
    windows = Split(x, None, np.arange(len(x)), dtype=new.dtype)
    bands = Forecasts.around(forecasts, task.intervals, windows, places).shown()
    edges = interval_edges(forecasts, bands, new.dtype)
    ends = [multiple_series.measured_length(measured[:, places]) for measured in new.measured]
    zones = new.zones or [None] * len(ends)
    times = new.times and [times_ahead(*own, task.horizon) for own in zip(new.times, zones, ends)]
    columns = as_written(task, {"forecast": forecasts, **edges})
    header, rows = future_table(columns.pop("forecast"), columns, task, names, times)
    past = [multiple_series.as_measured(new, k, places) for k in range(len(ends))]
    what = f"the last of {ends[0]} rows" if names is None else f"the end of {len(names)} series"
    shown = rows if len(rows) <= 60 else rows[:12]
    lines = [f"Forecast of {', '.join(task.targets)} beyond {what}:", aligned(header, shown)]
    lines += ["..."] if len(shown) < len(rows) else []
    last = {own[-1].strip() for own, end in zip(new.zones or [], ends) if end + task.horizon > len(own)}
    if last and len(np.unique(np.concatenate(new.zones))) > 1:
        lines.append(f"times to come are given at {', '.join(sorted(last))}, the last row's offset")
    panels = future_panels(past, forecasts, bands, task, new)
    return Report({}, lines, header, rows, [pictures.future_forecasts(panels)])


def as_written(task, columns):
    """Return columns {name: (n, horizon, targets)} with longitudes as the file writes them."""
    if task.track is None:
        return columns
    return {name: task.track.as_written(values) for name, values in columns.items()}


def draw_map(task, data, compared):
    """Draw the forecast places of the series with the most windows in the test set, or the error at each series' place.

    Returns: list of a Picture, or of none where there are no places.
    """
    series, own = data.sequences, compared.series_index
    if task.track is not None and task.track.latitude is not None:
        place = int(np.bincount(own).argmax())
        targets, first = [task.track.latitude, task.track.longitude], data.test.rows[own == place][0]
        begin = first + data.test.shape[0] - multiple_series.first_rows(series)[place]
        last = [values[own == place][:, -1, targets] for values in (compared.true, compared.forecasts["network"])]
        track = multiple_series.as_measured(series, place, task.places)[:, targets]
        before = max(0, begin - 2 * len(last[0]) - 2)
        of = f"{series.names[place]}: true" if series.names else "True"
        caption = (
            f"{of} and forecast places, {counted(task.horizon, 'step')} ahead; a line joins each forecast with the "
            "place that it was meant for"
        )
        return [maps.forecast_places(track[before:], begin - before, *last, task.track.meridian, caption)]
    if series.positions is None:
        return []
    errors = (compared.forecasts["network"] - compared.true) / compared.unit[:, None]
    scored = [rmse(errors[own == place]) if (own == place).any() else np.nan for place in range(len(series.x))]
    return [maps.errors_of_places(series.positions, scored)]


def interval_edges(forecasts, bands, dtype):
    """Return {"low_80": (n, horizon, targets), ...}, with the digits that forecasts of this dtype have."""
    return {
        f"{edge}_{level}": (forecasts + sign * size).astype(dtype)
        for level, size in bands.items()
        for edge, sign in EDGES
    }


def future_panels(past, forecasts, bands, task, new):
    """Choose what future.png shows: each target of one series, the first target of several."""
    names, targets = new.names, task.targets
    series_and_target = [(k, 0) for k in range(len(past))] if names else [(0, k) for k in range(len(targets))]
    beyond = f"{counted(forecasts.shape[1], 'step')} beyond its end"
    return [
        pictures.ForecastPanel(
            values=past[place][:, k],
            first_rows=np.array([len(past[place])]),
            forecasts=forecasts[[place], :, k],
            half_widths={level: size[[place], :, k] for level, size in bands.items()},
            target=targets[k],
            title=f"{targets[k]}{f' of {names[place]}' if names else ''}: {beyond}",
            times=dates(new, place, task.horizon),
        )
        for place, k in series_and_target
    ]


def dates(series, place, horizon):
    """Return the local times (rows + horizon,) of a series, None where it has no time stamps."""
    if series.times is None:
        return None
    return times_with_future(series.times[place], series.zones and series.zones[place], horizon)


def table(columns, task, rows, names, own):
    """Lay out predictions.csv: columns {name: (n, horizon, targets)}. Returns: (header, rows of strings)."""
    targets, horizon = task.targets, task.horizon
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
    return header, [
        [*place, *("" if np.isnan(v) else format_number(v) for v in cells)] for place, cells in zip(places, flat)
    ]


def times_ahead(times, zones, end, horizon):
    """Return the times, strings, of `horizon` rows from row `end` on, of a series with time stamps (rows,).

    They are local times where the time stamps say their zones (rows,), and say theirs in the same way.
    """
    later = times_with_future(times, zones, horizon)[end : end + horizon]
    days = zones is None and (later == later.astype("datetime64[D]")).all()
    cells = np.datetime_as_string(later, unit="D" if days else np.datetime_data(later.dtype)[0]).tolist()
    behind = [""] * horizon if zones is None else [*zones, *zones[-1:].repeat(horizon)][end : end + horizon]
    return [cell.replace("T", " ") + zone for cell, zone in zip(cells, behind)]


def future_table(forecasts, edges, task, names, times):
    """Lay out new_predictions.csv: a row for each series and step, with its time where the series have time stamps.

    Returns: (header, rows of strings).
    """
    targets = task.targets
    header = ["step", *(["time"] if times else []), *(["series"] if names else []), *targets]
    header += [f"{edge}_{target}" if len(targets) > 1 else edge for edge in edges for target in targets]
    values, rows = np.concatenate([forecasts, *edges.values()], axis=2), []  # (series, horizon, columns)
    for k, own in enumerate(values):
        for step, cells in enumerate(own, 1):
            place = [*([times[k][step - 1]] if times else []), *([names[k]] if names else [])]
            rows.append([str(step), *place, *map(format_number, cells)])
    return header, rows


def panels(task, data, figures, forecasts, bands):
    """Choose what forecast.png shows: three typical series and the worst, the best and the worst target, or the one.

    Returns: (list of pictures.ForecastPanel, a sentence that says which they are).
    """
    series = data.sequences
    first, starts = data.test.rows + data.test.shape[0], multiple_series.first_rows(series)
    own = multiple_series.series_of(first, starts)
    chosen, which = [(own[0], 0)], ""
    if len(task.targets) > 1:
        which = "Of the targets the one with the highest skill, then the one with the lowest."
        skills = [f["skill"] for f in figures["per_target"].values()]
        chosen = [(own[0], k) for k in dict.fromkeys([int(np.argmax(skills)), int(np.argmin(skills))])]
    if len(starts) > 1:
        errors = {name: f["mase"] for name, f in figures["per_series"].items() if f["mase"] is not None}
        which = "Of the series some typical ones (in the middle by MASE), and last the one with the highest MASE."
        order = sorted(errors, key=errors.get) or [series.names[own[0]]]
        typical = [order[round(share * (len(order) - 1))] for share in (0.25, 0.5, 0.75, 1)]
        chosen = [(series.names.index(name), 0) for name in dict.fromkeys(typical)]
    made = []
    for place, k in chosen:
        windows, target = own == place, task.targets[k]
        error = rmse(forecasts[windows][:, :, k] - data.test.y[windows][:, :, k])
        title = (
            f"{target}{f' of {series.names[place]}' if len(starts) > 1 else ''}, {counted(task.horizon, 'step')} ahead"
        )
        made.append(
            pictures.ForecastPanel(
                values=multiple_series.as_measured(series, place, task.places)[:, k],
                first_rows=first[windows] - starts[place],
                forecasts=forecasts[windows][:, :, k],
                half_widths={level: size[windows][:, :, k] for level, size in bands.items()},
                target=target,
                title=f"{title}: test RMSE {format_error(error)}",
                times=dates(series, place, task.horizon),
            )
        )
    return made, which
