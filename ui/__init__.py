"""What the pages share: theme, figures, wording, the gallery, routes and cached access to the workspace."""
