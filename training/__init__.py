"""Build the network, train it fast, save it after every epoch, predict with it."""
