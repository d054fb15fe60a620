"""What vectors are learned from if there is no target: the objectives."""

from tabemb.estimators.objectives.contrastive import ContrastiveObjective
from tabemb.estimators.objectives.cooccurrence import CooccurrenceObjective
from tabemb.estimators.objectives.corrupted import CorruptedObjective
from tabemb.estimators.objectives.masked import MaskedObjective
from tabemb.estimators.objectives.objective import NO_TRAINING, OBJECTIVES, Objective
from tabemb.estimators.objectives.skip_gram import SkipGramObjective

__all__ = [
    "NO_TRAINING",
    "OBJECTIVES",
    "ContrastiveObjective",
    "CooccurrenceObjective",
    "CorruptedObjective",
    "MaskedObjective",
    "Objective",
    "SkipGramObjective",
]
