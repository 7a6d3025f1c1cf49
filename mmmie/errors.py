"""The one error that a user can fix."""


class InputError(ValueError):
    """Bad input from outside: a file, a field or an option.

    The message is one line that names the file, the field and the fix. Where several
    faults were found, `faults` holds one such line each and the message is the first.

    Args:
        message: the line to show.
        faults: every line found, the first included.

    Example:
        >>> raise InputError("corpus.json: `name` is missing; add a string")
        Traceback (most recent call last):
        ...
        mmmie.errors.InputError: corpus.json: `name` is missing; add a string
    """

    def __init__(self, message: str, faults: list[str] | None = None) -> None:
        super().__init__(" ".join(message.split()))
        self.faults = faults or [str(self)]
