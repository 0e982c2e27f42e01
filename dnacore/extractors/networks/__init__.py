"""Networks of our own: architectures that timm does not have.

Imports torch and nothing of ours.
"""
