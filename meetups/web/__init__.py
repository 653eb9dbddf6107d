"""What every page shares: errors, headers, filters, the base form."""
