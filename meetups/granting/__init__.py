"""Telling those who wait that something starts near them."""
