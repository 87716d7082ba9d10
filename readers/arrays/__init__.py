"""Arrays in files: NumPy's, MATLAB's, HDF5's, Weka's, and the formats of the UCR and UEA archives."""
