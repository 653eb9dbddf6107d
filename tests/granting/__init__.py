"""Telling those who wait."""
