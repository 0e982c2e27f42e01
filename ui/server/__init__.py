"""What answers requests: the page itself, pictures and long columns, and who may come in."""
