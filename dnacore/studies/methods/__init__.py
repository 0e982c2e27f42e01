"""What several studies measure with: baselines, held-out selections, change points, changed images."""
