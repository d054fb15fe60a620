"""What vectors are learned from if there is no target: the objectives."""

from tabemb.estimators.objectives.cooccurrence import CooccurrenceObjective
from tabemb.estimators.objectives.masked import MaskedObjective
from tabemb.estimators.objectives.objective import NO_TRAINING, OBJECTIVES, Objective

__all__ = ["NO_TRAINING", "OBJECTIVES", "CooccurrenceObjective", "MaskedObjective", "Objective"]
