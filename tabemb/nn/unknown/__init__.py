"""The strategies for unknown categories: which vector serves for them. One file each."""

from tabemb.nn.unknown.learned import Learned
from tabemb.nn.unknown.mean import Mean
from tabemb.nn.unknown.nearest import Nearest
from tabemb.nn.unknown.strategy import UNKNOWN_STRATEGIES, UnknownStrategy
from tabemb.nn.unknown.zero import Zero

__all__ = ["UNKNOWN_STRATEGIES", "Learned", "Mean", "Nearest", "UnknownStrategy", "Zero"]
