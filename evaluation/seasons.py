"""Which season a series may have: the lag at which it is most like itself."""

import numpy as np

LEAST = 0.2  # autocorrelation that is worth a line
NEARLY = 0.9  # of the highest autocorrelation: at a multiple of the lag it is as high but for chance
MOST_SERIES = 20  # that are looked at


def strongest_lag(series):
    """Return (lag, autocorrelation) at which series, a list of arrays (time_i,), are most like themselves, or None.

    Each is taken without its straight trend. Lags count from where the mean autocorrelation has first fallen below 0:
    before that a series is like itself because it moves slowly. Half the shortest series is the longest lag.
    """
    most = min(map(len, series)) // 2
    if most < 3:
        return None
    means = []
    for values in series:
        time = np.arange(len(values))
        rest = values - np.polyval(np.polyfit(time, values, 1), time)
        if not (rest**2).sum() > 1e-12 * (values**2).sum():
            continue
        power = np.abs(np.fft.rfft(rest, 2 * len(rest))) ** 2  # twice the length: the end does not meet the start
        products = np.fft.irfft(power)[:most]
        means.append(products / (rest**2).sum() * len(rest) / (len(rest) - np.arange(most)))
    if not means:
        return None
    mean = np.mean(means, axis=0)
    below = int(np.argmax(mean < 0))
    if not below or below + 1 >= most:
        return None
    best = mean[below:].max()
    if best < max(LEAST, 2 / np.sqrt(sum(map(len, series)))):
        return None
    high = below + np.flatnonzero(mean[below:] >= NEARLY * best)
    first = high[: int(np.argmax(np.diff(high, append=most + 1) > 1)) + 1]  # the first peak, not a multiple of its lag
    lag = int(first[mean[first].argmax()])
    return lag, float(mean[lag])


def season_note(series, c):
    """Name the lag to try as SEASON where it is None. series: list of arrays (time_i,), of the training set.

    Returns: a list of one line or none.
    """
    found = strongest_lag(sorted(series, key=len)[-MOST_SERIES:]) if c.SEASON is None and series else None
    if found is None:
        return []
    lag, strength = found
    return [
        f"SEASON is None: the training set is most like itself {lag} rows before (autocorrelation {strength:.2f}); "
        f"SEASON = {lag} compares with the row then"
    ]
