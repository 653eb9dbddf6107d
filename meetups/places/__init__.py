"""Public places, what parents ask of them, and the neighbourhoods they lie in."""
