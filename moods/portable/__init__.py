"""A member's data on the road: everything out as files, other diaries and our own in, with undo."""
