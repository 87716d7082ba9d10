"""Physiological records: signals at a fixed rate, and annotations that say what happens in them and when."""
