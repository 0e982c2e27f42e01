"""From what a person names (a dataset, a folder, a part, an image, a file) to DNAs, made on the way where missing.

May import extraction and everything before it.
"""
