"""Faster kernels and traced steps: they change no mathematics, and one switch leaves them out."""
