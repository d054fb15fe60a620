"""Vectors from telling another view of a row from views of other rows."""

from dataclasses import replace

from tabemb.estimators.objectives.objective import OBJECTIVES
from tabemb.estimators.objectives.trained import NetworkObjective, SelfSupervision, single_valued
from tabemb.nn.bodies import Mlp
from tabemb.nn.numeric import NUMERIC_ENCODERS
from tabemb.nn.parameters import check_count, check_positive
from tabemb.nn.views import ViewTask
from tabemb.training.swapped_cells import RowViews

__all__ = ["ContrastiveObjective"]


@OBJECTIVES.register("contrastive")
class ContrastiveObjective(NetworkObjective):
    """A network tells another view of a row, with cells of other rows, from the views of other rows.

    The other view of a row has a ``share`` of its cells from other rows, drawn from the same column. Encoder and
    projection map both to directions; the loss is the cross-entropy of finding the view of the same row among those of
    the batch (InfoNCE). As in SCARF (Bahri et al. 2022, arXiv:2106.15147).

    Parameters
    ----------
    share : float, default=0.6
        Share of the cells of the other view that are from other rows, in (0, 1).
    temperature : float, default=1.0
        The cosines of projections are divided by it.
    projection_dim : int, default=64
        Number of dimensions of the projection, whose head is as wide as the last hidden layer.
    start : str, mapping or Start, default="cooccurrence"
        Vectors before training: "cooccurrence", those of the objective of this name, or "random"; see
        :mod:`tabemb.nn.starts`.
    hidden_units : tuple of int, default=(256, 128)
        Width of each hidden layer of the encoder.
    dropout : float, default=0.1
        Dropout rate of the hidden units, in [0, 1).
    learning_rate : float, default=0.002
        Learning rate of Adam.
    max_epochs : int, default=30
        Maximum number of epochs. Training stops earlier once the loss of held-out rows does not fall any more.

    Examples
    --------
    >>> ContrastiveObjective(temperature=0.5)
    ContrastiveObjective(temperature=0.5)
    """

    def __init__(
        self,
        share=0.6,
        temperature=1.0,
        projection_dim=64,
        start="cooccurrence",
        hidden_units=(256, 128),
        dropout=0.1,
        learning_rate=2e-3,
        max_epochs=30,
    ):
        self.share = share
        self.temperature = temperature
        self.projection_dim = projection_dim
        self.start = start
        self.hidden_units = hidden_units
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs

    def check(self):
        """Raise a ValueError if a parameter is out of range."""
        super().check()
        check_positive("temperature", self.temperature)
        check_count("projection_dim", self.projection_dim)

    def supervision(self, estimator, table, seed):
        """Return a network that maps the views of a row to similar directions."""
        spec, units = single_valued(estimator._network.spec), tuple(self.hidden_units)
        task = ViewTask(int(self.projection_dim), float(self.temperature))
        spec = replace(
            spec,
            features=tuple(replace(each, position=place) for place, each in enumerate(spec.features)),
            n_outputs=task.n_outputs,
            body=Mlp(hidden_units=(*units, units[-1]), dropout=self.dropout),
            numeric=NUMERIC_ENCODERS.resolve(estimator.numeric),
            seed=seed,
        )
        source = RowViews(table=table, share=float(self.share), indicated=tuple(estimator.encoder_.indicated))
        return SelfSupervision(spec=spec, task=task, source=source)
