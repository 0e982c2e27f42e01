"""The command line: one module per kind of command, the parser, and what is printed while they run.

May import everything else of the engine. Nothing is imported here, so that `--help` answers at once.
"""
