"""The Studies page: any study of the engine, offered and shown from its description alone."""
