"""Pages of a study: making it, taking part, results."""
