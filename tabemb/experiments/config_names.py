"""Names of the parts that an experiment may choose from, for help and for checks that must not load TensorFlow.

The registries are where the parts are; a test compares the names. Importing this module imports nothing heavy.
"""

import sys
from typing import Any, NamedTuple

from tabemb.registry import Registry

__all__ = [
    "BASELINE_NAMES",
    "CLASS_LOSSES",
    "METRIC_NAMES",
    "MODEL_PARTS",
    "NETWORK_REGRESSOR",
    "OBJECTIVE",
    "RANK_LOSSES",
    "WITHOUT_PRETRAINING",
    "Part",
    "registry_of",
]

BASELINE_NAMES = ("one_hot_mlp", "one_hot_linear", "ordinal_trees", "target_encoder_trees", "majority")
# Of a ranker only; an experiment with task ranking has it by default.
NETWORK_REGRESSOR = "network_regressor"
# Of a pretrained model only; an experiment with pretrain has it without naming it.
WITHOUT_PRETRAINING = "without_pretraining"
METRIC_NAMES = {
    "classes": ("roc_auc", "average_precision", "log_loss", "brier", "accuracy", "balanced_accuracy", "f1", "f1_macro"),
    "labels": ("hamming_loss",),
    "numbers": ("rmse", "mae", "mape", "r2"),
    "rankings": ("ndcg@1", "ndcg@3", "ndcg@5", "ndcg@10", "ndcg@20"),
}
CLASS_LOSSES = ("cross_entropy", "focal")
# Of EmbeddingRanker.
RANK_LOSSES = ("lambdarank", "listnet")


class Part(NamedTuple):
    """A setting of the model that names a part.

    Parameters
    ----------
    kind : str
        What is named, as in messages of its registry.
    home : str
        The module of the registry, which loads Keras.
    registry : str
        The name of the registry in it.
    names : tuple of str
        The names in the registry.
    """

    kind: str
    home: str
    registry: str
    names: tuple[str, ...]


MODEL_PARTS = {
    "body": Part(
        "body",
        "tabemb.nn.bodies",
        "BODIES",
        ("cross", "deepfm", "ensemble", "ft_transformer", "mlp", "resnet", "tabm", "wide_deep"),
    ),
    "numeric": Part(
        "numeric encoder",
        "tabemb.nn.numeric",
        "NUMERIC_ENCODERS",
        ("pbld", "periodic", "piecewise_linear", "quantile", "robust", "standardized"),
    ),
    "schedule": Part("schedule", "tabemb.training.schedules", "SCHEDULES", ("constant", "cosine", "linear")),
    "loss": Part(
        "loss",
        "tabemb.nn.losses",
        "LOSSES",
        (
            "absolute_error",
            "cross_entropy",
            "focal",
            "gamma",
            "huber",
            "lambdarank",
            "listnet",
            "poisson",
            "quantile",
            "squared_error",
            "tweedie",
        ),
    ),
    "handle_unknown": Part(
        "strategy for unknown categories",
        "tabemb.nn.unknown",
        "UNKNOWN_STRATEGIES",
        ("error", "learned", "mean", "nearest", "pretrained", "zero"),
    ),
    "start": Part("start", "tabemb.nn.starts", "STARTS", ("cooccurrence", "random")),
    "embedding_dim": Part(
        "size rule", "tabemb.nn.sizes", "SIZE_RULES", ("capped", "fastai", "google", "half", "mixed", "narrow", "sqrt")
    ),
}


# Of pretrain; its other parts are those of the model.
OBJECTIVE = Part(
    "objective",
    "tabemb.estimators.objectives",
    "OBJECTIVES",
    ("contrastive", "cooccurrence", "corrupted", "masked", "skip_gram"),
)


def registry_of(part: Part) -> Registry[Any]:
    """Return the registry of a part if it is loaded, with what others have registered, else one of its names.

    Parameters
    ----------
    part : Part
        The part.

    Returns
    -------
    Registry
        If it is one of names, its entries take any parameters.

    Examples
    --------
    >>> sorted(registry_of(MODEL_PARTS["schedule"]))
    ['constant', 'cosine', 'linear']
    """
    home = sys.modules.get(part.home)
    if home is not None:
        return getattr(home, part.registry)
    names: Registry[Any] = Registry(part.kind)
    for name in part.names:
        names.register(name)(type(name, (_Named,), {}))
    return names


class _Named:
    def __init__(self, **_: Any) -> None:
        pass
