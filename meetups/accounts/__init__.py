"""Sign-in, sessions, the member herself, her kids, her neighbourhood and whom she has blocked."""
