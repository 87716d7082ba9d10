"""Make the network, train it fast, save it at every epoch, predict with it."""
