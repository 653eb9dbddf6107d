"""Waiting to be told, and what others learn of it."""
