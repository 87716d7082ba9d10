"""Parts of networks, as Keras layers."""
