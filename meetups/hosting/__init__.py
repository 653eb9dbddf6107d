"""Whether a date is still on, who stands in, rain, co-hosts, and series that rest."""
