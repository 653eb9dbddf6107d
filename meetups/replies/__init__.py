"""Replies that calendar programs send to our invitations."""
