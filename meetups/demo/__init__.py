"""The demo town: the east of Toronto, its real parks, and members who never were."""
