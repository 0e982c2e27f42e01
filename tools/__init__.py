"""Set-up of a checkout, in the standard library alone: nothing else is installed yet when it runs.

prepare       the virtual environment: made once, brought up to date when the requirements change
cpu_torch     what `CPU=1` changes on Linux
browser       the Chromium that browser tests drive
lock          requirements*.in -> requirements*.txt
"""
