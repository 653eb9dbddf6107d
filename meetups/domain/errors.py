"""What the domain raises."""


class Problem(ValueError):
    """Input that a rule refuses; `message` is fit to be shown beside the form field named `field`."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
