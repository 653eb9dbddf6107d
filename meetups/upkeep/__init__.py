"""What whoever runs the site sees and does."""
