"""Wishes: a member waits to be told when something starts near somewhere, and others learn that some wait."""
