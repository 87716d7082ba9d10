"""Formats of one field each, as climate and tracks."""
