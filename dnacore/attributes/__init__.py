"""Neurons and attributes: sensitivity, all attributes at once, correlated neurons, weights that forget one.

May import what stands before it: distances and below. (Not called `sensitivity`: `dc.sensitivity` is a function.)
"""
