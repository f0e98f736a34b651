"""The one way in which a client fails."""


class Broken(AssertionError):
    """A promise does not hold; the message says what the client did wrong."""
