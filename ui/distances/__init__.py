"""The Distances page."""
