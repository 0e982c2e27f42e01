"""Sketches: what is kept of every image beside the DNA, and the files it lies in.

May import what stands before it: images, demo, extractors.
"""
