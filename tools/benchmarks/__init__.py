"""The measurements behind ``make bench``: each in a process of its own, with a bound on its time and threads."""
