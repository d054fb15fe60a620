"""Studies: experiments of another kind than a comparison on folds; each is one module, found by name."""

from tabemb.experiments.studies import entity_embeddings
from tabemb.experiments.studies.study import STUDIES, Findings, Study

__all__ = ["STUDIES", "Findings", "Study", "entity_embeddings"]
