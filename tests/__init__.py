"""The tests: the package's folders mirrored, and browser journeys."""
