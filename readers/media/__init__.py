"""Recordings, video clips and texts."""
