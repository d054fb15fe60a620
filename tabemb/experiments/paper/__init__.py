"""Studies: experiments other than a comparison on folds. Each is a module with a registered class."""

from tabemb.experiments.paper import entity_embeddings
from tabemb.experiments.paper.study import STUDIES, Study, StudyOutput

__all__ = ["STUDIES", "Study", "StudyOutput", "entity_embeddings"]
