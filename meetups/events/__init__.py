"""Meetups and their occurrences: the side of the host."""
