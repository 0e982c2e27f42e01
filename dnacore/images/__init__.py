"""Image files: found in folders, unpacked from zips, decoded, resized, made small.

Imports only `errors`, `atomic`, `paths` and `parallel`.
"""
