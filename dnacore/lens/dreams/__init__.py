"""What a neuron would love to see, and what a layer keeps: images that are climbed to."""
