"""The pages of the network, by subject."""
