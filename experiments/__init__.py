"""Whole trainings and evaluations, searches and cross-validations."""
