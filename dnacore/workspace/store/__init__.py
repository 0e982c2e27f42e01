"""Shards, sketches and DNAs of a workspace.

Part of the workspace room.
"""
