"""The calendar of time stamps, and the season of a series."""

import numpy as np

from evaluation.seasons import strongest_lag
from readers.tables.timestamps import parse_times
from sequences.calendar_features import continue_times, cyclical_encoding

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
