"""What is on disk: datasets, shards, sketches, DNAs, jobs, and what people saved.

May import everything before it; nothing here runs a network.
"""
