"""What fails in several flows; refusals of requests and failures of loading have own trees."""


class PipelineError(Exception):
    """Base of every error this package raises on purpose."""


class TransientError(PipelineError):
    """A dependency failed in a way that a later delivery may not meet."""


class ConfigurationError(PipelineError):
    """Settings are missing or wrong; the message names all of them."""
