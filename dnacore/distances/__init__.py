"""Distances between DNAs, per neuron, per layer and in pairs, and what chance alone would give.

May import what stands before it: sketches, dna, neurons.
"""
