"""What was together: tags, times of day and weekdays beside better and harder days. Never why."""
