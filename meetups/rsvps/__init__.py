"""Answers to an occurrence and the waiting list."""
