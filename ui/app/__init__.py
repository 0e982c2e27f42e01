"""The frame of every page: theme, words, address, navigation, cached reads, routes, errors.

Imports the engine; of the dashboard nothing but this room.
"""
