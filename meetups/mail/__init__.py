"""The outbox, what a message is, and how it leaves."""
