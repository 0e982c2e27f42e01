"""Keeping a workspace whole: what is left behind, what can be saved, what is there twice, what is missing or wrong.

Part of the workspace room.
"""
