"""Pages of moods: today, the check-in, one entry, the diary."""
