"""Studies: experiments of another kind than a comparison on folds; each is one module, found by name."""

from tabemb.experiments.paper import entity_embeddings
from tabemb.experiments.paper.study import STUDIES, Study, StudyOutput

__all__ = ["STUDIES", "Study", "StudyOutput", "entity_embeddings"]
