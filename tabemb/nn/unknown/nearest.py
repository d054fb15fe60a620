"""The vector of the category with the most similar name for unknown ones."""

from tabemb.nn.unknown.strategy import UNKNOWN_STRATEGIES, UnknownStrategy

__all__ = ["Nearest"]


@UNKNOWN_STRATEGIES.register("nearest")
class Nearest(UnknownStrategy):
    """The vector of the known category whose name is most like the unknown one's, where it is like enough.

    For dirty text such as job titles, where "office manager" says much about "Office manager II". Names are compared
    by their character n-grams; see :class:`~tabemb.table.similar_names.SimilarNames`. A text that is like no known one,
    and a category that is no text, has the learned vector. Missing cells keep their own. Texts that are too rare for a
    category of their own (``min_frequency``, ``max_categories``) are taken for the most similar one in training, too.

    Parameters
    ----------
    min_similarity : float, default=0.6
        The least similarity that counts, in (0, 1]: 1 for names of the same pieces, 0 for none in common.

    Examples
    --------
    >>> Nearest(min_similarity=0.8)
    Nearest(min_similarity=0.8)
    """

    def __init__(self, min_similarity=0.6):
        self.min_similarity = min_similarity
