"""Simple rivals to stand beside every score: arrays in, predictions out. No TensorFlow."""
