"""What makes a forward cheaper without changing what comes of it."""
