"""Shared galleries of DNAs: folders, or addresses, of DNA files that a team compares with and nobody needs images for.

May import what `sources` may.
"""
