"""Parts of networks, as Keras layers: what stands before the architectures, the larger architectures, what is added."""
