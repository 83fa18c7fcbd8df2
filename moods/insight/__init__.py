"""A person's diary at a distance: week, year, the line and its band, hours, shares, two months."""
