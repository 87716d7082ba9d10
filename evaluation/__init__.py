"""Scores, intervals, importance, checks of a forecast. Arrays in, figures out."""
