"""Background jobs as a person sees them: the tray, the window of all jobs, weights files.

May import app, figures and components.
"""
