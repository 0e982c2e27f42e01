"""Selections: named sets of neurons with weights, and what can be made of several of them.

May import what stands before it: dna.
"""
