"""The names of layers that other files rely on. All others are Keras' own choice."""

# training/build.py takes the weights of layers of these names from PRETRAINED_RUN, and FREEZE_CNN keeps those that
# begin with the first two as they are.
CONVOLUTION = "convolution"  # of a deep network "convolution_1", "convolution_2"
NORMALISE = "normalise"  # batch normalisation of a block: "normalise_1", "normalise_2"
LSTM = "lstm"  # with BIDIRECTIONAL also "lstm_backwards"
EMBEDDING = "embedding"  # taken where the vocabulary is the same
# Never taken over:
OUTPUT = "output"  # networks/linear_layers.py adds logits before its activation
LINEAR = "linear"  # a linear model at the solution of ridge regression
SUM = "with_linear"  # of a linear model and of OUTPUT, in this order
# A model is read by these:
POOLING = "pooling"
STANDARDISE = "standardise"  # training/acceleration/traced_steps.py replaces its mean and variance
WINDOW_SCALE = "window_scale"  # tasks/forecasting/differencing.py: the unit of a window's changes, if it has its own
ATTENTION_WEIGHTS = "attention_weights"  # training/prediction.py: what attention.png shows
NETWORK = "network"  # networks/raw_inputs.py: the part of a saved model that takes prepared sequences
ENCODER = "frame_encoder"  # networks/pretrained_encoders.py: the part that turns frames into features
REFERENCES = "nearest_"  # tasks/anomaly/detector.py: the normal sequences that distances are measured to
PREPARED = "prepared"  # what a network that reconstructs its input is to reconstruct
