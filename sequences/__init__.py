"""What sequences are, before any network: types, generated data, splits, windows, preparation. Plain NumPy."""
