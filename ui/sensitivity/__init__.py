"""The Sensitivity page."""
