"""What excites a neuron most, and what a layer keeps of an image: images found by optimisation."""
