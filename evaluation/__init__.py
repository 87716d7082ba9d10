"""Scores, intervals, importance, checks of a forecast, advice: arrays in, figures out."""
