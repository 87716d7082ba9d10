"""Numbers to predict for each sequence."""
