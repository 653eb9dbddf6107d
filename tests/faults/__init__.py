"""The fault plan: each test injects a fault for real, and then asks whether anything was lost, doubled or untrue."""
