"""Which season a series may have: the lag at which it is most like itself."""

import numpy as np

MIN_AUTOCORRELATION = 0.2  # that is worth a line
NEAR_PEAK = 0.9  # of the highest autocorrelation: at multiples of the lag it is as high but for chance
MAX_SERIES = 20  # that are looked at
ROUNDING = 30  # units in the last place, relative to the values: what is no larger is not a pattern


def strongest_lag(series):
    """Return the lag at which series are most like themselves, and the autocorrelation there; None if there is none.

    Each is taken without its straight trend. Lags count from where the mean autocorrelation has first fallen below 0:
    before that a series is like itself because it moves slowly. Half the shortest series is the longest lag.
    Parameters: series, list of arrays (time_i,).
    """
    longest = min(map(len, series)) // 2
    if longest < 3:
        return None
    autocorrelations = [a for a in (_autocorrelation(values, longest) for values in series) if a is not None]
    if not autocorrelations:
        return None
    mean = np.mean(autocorrelations, axis=0)
    negative = int(np.argmax(mean < 0))
    if not negative or negative + 1 >= longest:
        return None
    best = mean[negative:].max()
    if best < max(MIN_AUTOCORRELATION, 2 / np.sqrt(sum(map(len, series)))):
        return None
    high = negative + np.flatnonzero(mean[negative:] >= NEAR_PEAK * best)
    first_peak = high[: int(np.argmax(np.diff(high, append=longest + 1) > 1)) + 1]  # not a multiple of its lag
    lag = int(first_peak[mean[first_peak].argmax()])
    return lag, min(1.0, float(mean[lag]))  # the estimate of a short series may lie above 1


def _autocorrelation(values, lags):
    """Return the autocorrelation (lags,) of values (time,) without their trend; None of a straight line."""
    time = np.arange(len(values))
    rest = values - np.polyval(np.polyfit(time, values, 1), time)
    rounding = ROUNDING * np.finfo(np.result_type(values, np.float32)).eps
    if not (rest**2).sum() > rounding**2 * (np.float64(values) ** 2).sum():
        return None
    power = np.abs(np.fft.rfft(rest, 2 * len(rest))) ** 2  # twice the length: the end does not meet the start
    products = np.fft.irfft(power)[:lags]
    return products / (rest**2).sum() * len(rest) / (len(rest) - np.arange(lags))


def find_season(series, c):
    """Return (the season in rows or None, notes): SEASON or, where it is None, the lag to try as SEASON.

    Parameters: series of the training set, list of arrays (time_i,); c, the constants.
    """
    found = strongest_lag(sorted(series, key=len)[-MAX_SERIES:]) if c.SEASON is None and series else None
    if found is None:
        return c.SEASON, []
    lag, strength = found
    return lag, [
        f"SEASON is None: the training set is most like itself {lag} rows earlier (autocorrelation {strength:.2f}); "
        f"SEASON = {lag} compares with the row one season earlier"
    ]
