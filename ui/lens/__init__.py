"""The Lens page: any analysis of the engine's lens, offered and shown from its description alone."""
