"""What a study is, what it finds, and how that is shown and written."""
