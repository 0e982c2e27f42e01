"""Across many images or networks: patches, neighbours, posters, filters, similarity of layers."""
