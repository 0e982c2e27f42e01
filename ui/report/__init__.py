"""The Report page, saved views, and the corner that every page has for both.

May import the rooms before it.
"""
