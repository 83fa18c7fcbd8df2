"""A month or a quarter on two pages, for a doctor: numbers here, drawing there."""
