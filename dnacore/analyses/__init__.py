"""What is made of distances: rankings, explanations, mixtures, maps.

May import what stands before it: attributes, distances and below.
"""
