"""Calendars coming in: files and addresses of others, read, shown and kept up."""
