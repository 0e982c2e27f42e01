"""DNAs as values: histograms and Gaussians of neurons, activation ranges, and the files of all of these.

May import what stands before it: images, extractors, sketches.
"""
