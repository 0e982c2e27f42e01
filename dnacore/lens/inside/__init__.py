"""Where in this image: maps, gradients, occlusion, the path through the network."""
