"""The vector for unknown categories that training has learned."""

from tabemb.nn.unknown.strategy import UNKNOWN_STRATEGIES, UnknownStrategy

__all__ = ["Learned"]


@UNKNOWN_STRATEGIES.register("learned")
class Learned(UnknownStrategy):
    """The vector that training learned for "unknown", from the cells that category dropout shows so.

    Without category dropout it has learned something only where training had rare categories; else it is as it began,
    at random.

    Examples
    --------
    >>> Learned()
    Learned()
    """
