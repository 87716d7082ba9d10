"""Anomalies, learned from normal sequences alone."""
