"""From files to DNAs: batches of images through the network, shard by shard, and measuring activation ranges.

May import the workspace and everything before it.
"""
