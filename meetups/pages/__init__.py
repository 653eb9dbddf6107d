"""Read-only pages that show several features: browse, a meetup, my meetups."""
