"""The calendar of time stamps, and the season of a series."""

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from evaluation.seasons import strongest_lag
from readers.tables.clocks import step_notes
from readers.tables.timestamps import parse_times, split_zones
from sequences.calendar_features import continue_times, cyclical_encoding, step_times, times_with_future

RNG = np.random.default_rng(3)


def test_the_lag_to_try_as_season_is_named():
    t = np.arange(240)
    noise = RNG.normal(size=240)
    assert strongest_lag([t + 5 * np.sin(2 * np.pi * t / 12) + noise])[0] == 12
    assert strongest_lag([noise]) is None and strongest_lag([np.ones(50)]) is None and strongest_lag([t[:4]]) is None


def test_calendar_circles_and_time_stamps_that_go_on():
    (times,) = parse_times(["2024-02-28 23:00", "2024-02-29 11:00", "2024-02-29 23:00"])[:1]
    np.testing.assert_allclose(
        cyclical_encoding(times, "hour")[0], [np.sin(2 * np.pi * 23 / 24), np.cos(2 * np.pi * 23 / 24)]
    )
    assert continue_times(times, 2).astype(str).tolist() == ["2024-03-01T11:00:00", "2024-03-01T23:00:00"]
    (ends,) = parse_times(["2023-11-01", "2023-12-01", "2024-01-01"])[:1]
    assert continue_times(ends, 2).astype("datetime64[D]").astype(str).tolist() == ["2024-02-01", "2024-03-01"]
    for name, same in (("weekday", "2024-01-08"), ("month", "2025-01-20")):
        (pair,) = parse_times(["2024-01-01", same])[:1]
        rows = cyclical_encoding(pair, name)
        np.testing.assert_allclose(rows[0], rows[1], atol=1e-12)


RULES = ["MonthEnd", "QuarterEnd", "YearEnd", "BDay", "MonthBegin", "Day", "Week"]
WORKING = ["BusinessMonthEnd", "BusinessMonthBegin", "BQuarterEnd", "BQuarterBegin", "BYearEnd"]


@pytest.mark.parametrize("rule", [*RULES, *WORKING])
@pytest.mark.parametrize("hours", [0, 16])
@pytest.mark.parametrize("missing", [[], [3]])
def test_time_stamps_go_on_as_they_came(rule, hours, missing):
    """Last days of months stay last days, weekends without rows stay so, and a row that is missing changes nothing."""
    step = getattr(pd.offsets, rule)()
    days = pd.date_range("2023-08-01", periods=48, freq=step) + pd.Timedelta(hours=hours)
    times = np.delete(days.to_numpy("datetime64[s]"), missing)
    assert continue_times(times[:-9], 9).tolist() == times[-9:].tolist()
    thirtieths = pd.to_datetime([f"2024-{month:02}-{29 if month == 2 else 30}" for month in range(1, 13)])
    thirtieths = thirtieths.to_numpy("datetime64[s]")
    assert continue_times(thirtieths[5:10], 2).tolist() == thirtieths[10:].tolist()
    assert continue_times(thirtieths[:1], 2).tolist() == (thirtieths[0] + np.arange(1, 3)).tolist()


def test_a_month_that_ends_in_a_holiday_does_not_move_those_to_come():
    ends = pd.date_range("2022-01-01", "2024-12-31", freq="BME")
    traded = ends.where(~ends.isin(pd.to_datetime(["2024-03-29", "2023-12-29"])), ends - pd.Timedelta(days=1))
    times = traded.to_numpy("datetime64[s]")
    assert continue_times(times[:-6], 6).tolist() == times[-6:].tolist()


@pytest.mark.parametrize("minutes", [5, 60])
def test_the_nights_of_a_market_are_passed_over(minutes):
    every = pd.date_range("2024-01-01", "2024-02-10", freq=f"{minutes}min")
    hour = every.hour + every.minute / 60
    times = every[(every.day_of_week < 5) & (hour >= 9.5) & (hour <= 16)].to_numpy("datetime64[s]")
    ahead = len(times) // 6 + 3  # more than a week
    assert continue_times(times[:-ahead], ahead).tolist() == times[-ahead:].tolist()
    friday = times[times < np.datetime64("2024-01-06")]  # one week is not yet a rule
    assert continue_times(friday, 1).tolist() == [friday[-1] + np.timedelta64(60 * minutes, "s")]


def test_recordings_weeks_apart_go_on_by_their_step():
    start = pd.to_datetime(["2024-01-03 10:00", "2024-02-08 15:00", "2024-03-04 09:00", "2024-05-07 11:00"])
    times = np.concatenate([s.to_datetime64().astype("datetime64[s]") + 60 * np.arange(60) for s in start])
    assert continue_times(times, 3).tolist() == (times[-1] + 60 * np.arange(1, 4)).tolist()


@pytest.mark.parametrize("usual", [[1, 11, 21], [1, 16], [15, 31], [15, 30], [1, 6, 11, 16, 21, 26]])
@pytest.mark.parametrize("missing", [[], [7]])
def test_a_few_days_of_each_month_go_on(usual, missing):
    """Ten-day means and halves of months, the last day among them, do not drift."""
    starts = pd.date_range("2022-11-01", periods=24, freq="MS")
    days = [start.replace(day=min(day, start.days_in_month)) for start in starts for day in usual]
    times = np.delete(pd.DatetimeIndex(days).to_numpy("datetime64[s]"), missing)
    for ahead in (9, 10, 11):
        assert continue_times(times[:-ahead], ahead).tolist() == times[-ahead:].tolist()


@pytest.mark.parametrize("hours", [[8, 18], [7, 12, 19], [6, 22], [9.5, 10.5, 11.5, 13, 14, 15], [0]])
@pytest.mark.parametrize("weekdays", [range(7), range(5), [0, 2, 4], [1, 3], [0, 3]])
@pytest.mark.parametrize("missing", [[], [7]])
def test_uneven_hours_and_weekdays_go_on(hours, weekdays, missing):
    days = [day for day in pd.date_range("2024-01-01", periods=120) if day.weekday() in weekdays]
    stamps = [day + pd.Timedelta(hours=hour) for day in days for hour in hours]
    times = np.delete(pd.DatetimeIndex(stamps).to_numpy("datetime64[s]"), missing)
    for ahead in (8, 9, 10):
        assert continue_times(times[:-ahead], ahead).tolist() == times[-ahead:].tolist()


def test_irregular_times_go_on_in_their_most_frequent_step():
    steps = np.random.default_rng(0).integers(1, 300, 500)
    times = np.datetime64("2024-01-01", "s") + np.cumsum(np.r_[steps, 7, 7] * 60).astype("timedelta64[s]")
    most_frequent = pd.Series(np.diff(times)).mode().min().to_timedelta64()
    assert continue_times(times, 2).tolist() == (times[-1] + most_frequent * np.arange(1, 3)).tolist()


@pytest.mark.parametrize("step", [1, 7, 14, 28])
def test_days_of_weeks_are_no_days_of_months(step):
    for start in pd.date_range("2023-01-01", periods=60):
        days = pd.date_range(start, periods=20, freq=f"{step}D").to_numpy("datetime64[s]")
        assert continue_times(days[:-3], 3).tolist() == days[-3:].tolist()


def test_days_of_a_short_series_all_go_on():
    """Two weekends without a row are not yet a rule."""
    days = pd.bdate_range("2024-01-01", "2024-01-19").to_numpy("datetime64[s]")
    assert continue_times(days, 1).astype("datetime64[D]").tolist() == [date(2024, 1, 20)]
    days = pd.bdate_range("2024-01-01", "2024-01-26").to_numpy("datetime64[s]")
    assert continue_times(days, 1).astype("datetime64[D]").tolist() == [date(2024, 1, 29)]


@pytest.mark.parametrize("switch", ["2024-03-31", "2024-10-27"])  # days of 23 and 25 hours
@pytest.mark.parametrize("minutes", [15, 60, 24 * 60])
def test_hours_are_those_of_local_time_on_days_of_23_and_25_hours(switch, minutes):
    day, place = datetime.fromisoformat(switch), ZoneInfo("Europe/Berlin")
    if minutes == 24 * 60:  # from midnight to midnight
        times = [(day + timedelta(days=k)).replace(tzinfo=place) for k in range(-3, 5)]
    else:
        start = day.replace(tzinfo=timezone.utc) - timedelta(days=1)
        times = [(start + timedelta(minutes=minutes * k)).astimezone(place) for k in range(200)]
    cells = [time.isoformat() for time in times[:-2]]
    (utc,), zones = parse_times(cells), split_zones(cells)[1]
    assert step_notes([step_times(utc, zones)]) == []
    local = times_with_future(utc, zones, 2)
    assert local.tolist() == [time.replace(tzinfo=None) for time in times]
    hours, weekdays = cyclical_encoding(local, "hour"), cyclical_encoding(local, "weekday")
    angles = np.array([2 * np.pi * (time.hour + time.minute / 60) / 24 for time in times])
    np.testing.assert_allclose(hours, np.stack([np.sin(angles), np.cos(angles)], axis=1), atol=1e-12)
    monday = weekdays[[time.weekday() for time in times].index(0)]
    for time, row in zip(times, weekdays):
        assert np.allclose(row, monday) == (time.weekday() == 0)
