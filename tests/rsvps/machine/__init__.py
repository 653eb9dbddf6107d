"""The state machine: a town in which anybody may do anything in any order, and what must hold after each step."""
