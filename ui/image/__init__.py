"""The Image page."""
