"""Calendar subscriptions."""
