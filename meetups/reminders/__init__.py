"""Mails owed before a date."""
