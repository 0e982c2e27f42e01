"""Components of our own: each folder holds a component's Python, script and style.

May import `ui.app` and `ui.figures`.
"""
