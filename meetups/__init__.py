"""Hello Park: mothers find each other at the park."""
