"""Choices that pages share: datasets, parts, neurons, references, piles, measures.

May import app, figures, components and jobs.
"""
