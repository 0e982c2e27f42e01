"""What people made and named: selections, piles, reports, views, weights files.

Part of the workspace room.
"""
