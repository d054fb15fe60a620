"""Bodies for click models: those of tabemb, and candidates from papers that it does not have, on the same rows.

    TABEMB_DATA=DIR python benchmarks/click_bodies.py [--tables NAME ...] [--bodies NAME ...] [--seeds 0 1]
        [--statistics off auto] [--rows 40000] [--dim N] [--json FILE]

The logs have a known truth, in which pairs of columns interact. "few" has two pairs with strong products, "many" six
pairs among columns of 200 categories, and "drift" ids most of which are rare and half of which are replaced. Each
model is fitted on the first four fifths and scored on the rest. ``amazon`` is that of ``clicks.py``. A seed is that of
the log, of the draw of rows and of the fit. The first fit, which compiles, is not counted.

Candidates:

- ``final_mlp``: two perceptrons, each with its own gate, and a bilinear product of their outputs (Mao et al. 2023,
  FinalMLP, arXiv:2304.00902).
- ``gated_cross``: cross layers whose products have a gate (Wang et al. 2023, GDCN, arXiv:2311.04635).
- ``exponential_cross``: each layer multiplies its own input, so that the order doubles, with the self-mask as a gate
  (Li et al. 2024, DCNv3, arXiv:2407.13349).
- ``fwfm``: DeepFM with a weight per pair of columns (Pan et al. 2018, arXiv:1806.03514; Deng et al. 2021, DeepLight,
  arXiv:2002.06987).
- ``fwfm_low_rank``: the same; the matrix of weights has a low rank, so that its cost is linear in the columns.
- ``ensemble_cross``, ``ensemble_fm``, ``ensemble_quadratic``: the body ``ensemble``, with a cross layer, a
  factorization machine or products of two linear layers in each member.
- ``products``: the inner products of all pairs are inputs of the perceptron (Qu et al. 2016, arXiv:1611.00144).
"""

import argparse
import time
from functools import partial
from itertools import combinations
from pathlib import Path

from turns import show, write  # isort: skip  (before TensorFlow: quiet start)

import keras
import numpy as np
import pandas as pd
from clicks import DATA, amazon, scores
from keras import ops

import tabemb
from tabemb.datasets import make_clicks
from tabemb.nn.bodies import blocks
from tabemb.nn.bodies.body import BODIES as KNOWN
from tabemb.nn.bodies.body import DeepBody
from tabemb.nn.bodies.cross import Cross
from tabemb.nn.bodies.deepfm import DeepFM
from tabemb.nn.bodies.ensemble import Ensemble
from tabemb.nn.dropout import MemberDropout
from tabemb.nn.features import concatenated
from tabemb.nn.members import MemberLogits, MemberSlices
from tabemb.nn.separate import SeparateDense

# Parameters of ``make_clicks``.
LOGS = {
    "few": {"cardinality": [1_000, 250, 60, 20, 20, 20], "zipf": 0.9, "interaction_std": 1.0},
    "many": {"cardinality": 200, "zipf": 0.5, "interactions": 6, "interaction_std": 0.6},
    "drift": {
        "cardinality": [10_000, 2_500, 625, 156, 39, 20],
        "zipf": 0.9,
        "interactions": 3,
        "interaction_std": 0.8,
        "drift": 0.5,
    },
}
N_COLUMNS, CLICK_RATE = 6, 0.2
STATISTICS = {"off": False, "auto": "auto"}


@KNOWN.register("final_mlp")
class FinalMlp(DeepBody):
    """Two perceptrons over gated inputs, and a bilinear product of their outputs."""

    def __init__(
        self,
        hidden_units=(256, 128),
        dropout=0.2,
        activation="relu",
        normalization=None,
        second_units=(128, 64),
        gate_units=32,
        n_heads=4,
    ):
        super().__init__(hidden_units, dropout, activation, normalization)
        self.second_units = second_units
        self.gate_units = gate_units
        self.n_heads = n_heads

    def build(self, features, n_outputs, seeds):
        inputs = features.flat(seeds)
        first, second = (self._stream(inputs, name, seeds) for name in ("first", "second"))
        linear = blocks.logits_layer(concatenated([first, second], name="streams"), n_outputs, seeds)
        product = Bilinear(n_outputs, self.n_heads, seed=seeds["fusion"], dtype="float32", name="fusion")
        return blocks.added([linear, product([first, second])], name="fused")

    @property
    def first_layer(self):
        return None

    def _stream(self, inputs, name, seeds):
        x = inputs
        if self.gate_units:
            narrow = blocks.activated(
                blocks.dense(x, self.gate_units, seeds, name=f"{name}_narrow"), "relu", name=f"{name}_narrow"
            )
            gate = blocks.dense(narrow, inputs.shape[-1], seeds, name=f"{name}_gate")
            # At 0, a gate is 1.
            gate = keras.layers.Rescaling(2.0)(blocks.activated(gate, "sigmoid", name=f"{name}_gate"))
            x = keras.layers.Multiply(name=f"{name}_gated")([inputs, gate])
        for depth, units in enumerate(self.hidden_units if name == "first" else self.second_units):
            each = f"{name}_{depth}"
            x = blocks.dense(x, units, seeds, name=each)
            x = blocks.normalized(x, self.normalization, name=each)
            x = blocks.dropped(blocks.activated(x, self.activation, name=each), self.dropout, seeds, name=each)
        return x


class Bilinear(keras.layers.Layer):
    """The sum over heads of bilinear products of the parts of two vectors."""

    def __init__(self, n_outputs, n_heads, seed, **kwargs):
        super().__init__(**kwargs)
        self.n_outputs, self.n_heads, self.seed = n_outputs, n_heads, seed

    def build(self, shapes):
        widths = [shape[-1] // self.n_heads for shape in shapes]
        limit = (6 / sum(widths)) ** 0.5 / widths[1] ** 0.5
        start = keras.initializers.RandomUniform(-limit, limit, seed=self.seed)
        self.kernel = self.add_weight((self.n_outputs, self.n_heads, *widths), initializer=start, name="kernel")

    def call(self, inputs):
        first, second = (ops.reshape(each, (-1, self.n_heads, each.shape[-1] // self.n_heads)) for each in inputs)
        return ops.einsum("bhi,ohij,bhj->bo", first, self.kernel, second)

    def compute_output_shape(self, shapes):
        return shapes[0][0], self.n_outputs


@KNOWN.register("gated_cross")
class GatedCross(Cross):
    """Cross layers whose products are multiplied with a gate."""

    def _crossed(self, inputs, crossed, seeds, name):
        parts = []
        for kind in ("", "_gate"):
            weighted, width = crossed, inputs.shape[-1]
            if self.rank is not None and 2 * self.rank < width:
                weighted = blocks.dense(weighted, self.rank, seeds, name=f"{name}{kind}_narrow", use_bias=False)
            parts.append(blocks.dense(weighted, width, seeds, name=f"{name}{kind}"))
        gate = blocks.activated(parts[1], "sigmoid", name=f"{name}_gate")
        product = keras.layers.Multiply(name=f"{name}_product")([inputs, parts[0], gate])
        return blocks.added([product, crossed], name=f"{name}_sum")


@KNOWN.register("exponential_cross")
class ExponentialCross(Cross):
    """Cross layers that multiply their own input; one half of the factors is masked by its own normalized values."""

    def _crossed(self, inputs, crossed, seeds, name):
        width = inputs.shape[-1]
        half = -(-width // 2)
        weighted = blocks.dense(crossed, half, seeds, name=name)
        mask = keras.layers.LayerNormalization(name=f"{name}_norm")(weighted)
        mask = blocks.activated(mask, "relu", name=f"{name}_mask")
        masked = keras.layers.Multiply(name=f"{name}_masked")([weighted, mask])
        factors = keras.layers.Concatenate(name=f"{name}_halves")([weighted, masked])[:, :width]
        product = keras.layers.Multiply(name=f"{name}_product")([crossed, factors])
        return blocks.added([product, crossed], name=f"{name}_sum")


@KNOWN.register("fwfm")
class FieldWeighted(DeepFM):
    """DeepFM whose products have a weight per pair of columns."""

    def __init__(
        self,
        interaction_dim=16,
        hidden_units=(256, 128),
        dropout=0.2,
        activation="relu",
        normalization=None,
        rank=None,
    ):
        super().__init__(interaction_dim, hidden_units, dropout, activation, normalization)
        self.rank = rank

    def build(self, features, n_outputs, seeds):
        first_order = features.dense(n_outputs, seeds, name="first_order")
        layer = WeightedPairs(self.rank, seed=seeds["second_order"], name="second_order")
        both = concatenated([layer(self._vectors(features, seeds)), self.hidden(features.dense, seeds)], name="both")
        return blocks.added([first_order, blocks.logits_layer(both, n_outputs, seeds)], name="all_orders")


class WeightedPairs(keras.layers.Layer):
    """The weighted sum of the elementwise products of all pairs of tokens."""

    def __init__(self, rank, seed, **kwargs):
        super().__init__(**kwargs)
        self.rank, self.seed = rank, seed

    def build(self, shapes):
        self.n = sum(shape[1] for shape in shapes)
        if self.rank is None:
            self.weight = self.add_weight((self.n, self.n), initializer="ones", name="weight")
            return
        start = keras.initializers.RandomNormal(1.0, 0.5, seed=self.seed)
        self.weight = self.add_weight((self.rank, self.n), initializer=start, name="weight")
        self.scale = self.add_weight((self.rank,), initializer=keras.initializers.Constant(1 / self.rank), name="scale")

    def call(self, groups):
        tokens = ops.concatenate(groups, axis=1)
        if self.rank is None:
            upper = ops.triu(self.weight, 1)
            return ops.sum(tokens * ops.einsum("ij,bjd->bid", upper, tokens), axis=1)
        total = ops.square(ops.einsum("ri,bid->brd", self.weight, tokens))
        squares = ops.einsum("ri,bid->brd", ops.square(self.weight), ops.square(tokens))
        return 0.5 * ops.einsum("r,brd->bd", self.scale, total - squares)

    def compute_output_shape(self, shapes):
        return shapes[0][0], shapes[0][2]


@KNOWN.register("products")
class Products(DeepFM):
    """A perceptron over the inputs and the inner products of all pairs of columns."""

    def build(self, features, n_outputs, seeds):
        products = InnerProducts(name="products")(self._vectors(features, seeds))
        inputs = concatenated([features.flat(seeds), products], name="inputs_and_products")
        return blocks.logits_layer(self.hidden(partial(blocks.dense, inputs), seeds), n_outputs, seeds)


class InnerProducts(keras.layers.Layer):
    """The inner products of all pairs of tokens."""

    def call(self, groups):
        tokens = ops.concatenate(groups, axis=1)
        left, right = zip(*combinations(range(tokens.shape[1]), 2), strict=True)
        return ops.sum(ops.take(tokens, list(left), axis=1) * ops.take(tokens, list(right), axis=1), axis=2)

    def compute_output_shape(self, shapes):
        n = sum(shape[1] for shape in shapes)
        return shapes[0][0], n * (n - 1) // 2


@KNOWN.register("multiplying_ensemble")
class MultiplyingEnsemble(Ensemble):
    """The body ``ensemble``; the logits of each member also read products of its slices of the vectors."""

    kinds = ("cross", "fm", "quadratic")

    def __init__(
        self, n_members=8, hidden_units=(128, 64), dropout=0.2, activation="relu", kind="fm", units=8, n_layers=1
    ):
        super().__init__(n_members, hidden_units, dropout, activation)
        self.kind = kind
        self.units = units
        self.n_layers = n_layers

    def build(self, features, n_outputs, seeds):
        k = self.n_members
        hidden = None
        for depth, units in enumerate(self.hidden_units):
            name = f"hidden_{depth}"
            if hidden is None:
                hidden = self._first(features, units, seeds, name=name)
            else:
                hidden = SeparateDense(units, k, seed=seeds[name], name=name)(hidden)
            hidden = blocks.activated(hidden, self.activation, name=name)
            hidden = MemberDropout(self.dropout, seed=seeds[f"{name}/dropout"], name=f"{name}_dropout")(hidden)
        cut = [width is not None for width in self.slices(features.dims)]
        inputs = MemberSlices(features.dims, k, cut=cut, name="vectors_of_members")([features.embedded])
        widths = [dim // k if each else dim for dim, each in zip(features.dims, cut, strict=True)]
        products = getattr(self, f"_{self.kind}")(inputs, widths, seeds)
        both = keras.layers.Concatenate(name="hidden_and_products")([hidden, products])
        return MemberLogits(n_outputs, k, seed=seeds["logits"], dtype="float32", name="logits")(both)

    @property
    def first_layer(self):
        return None

    def _cross(self, inputs, widths, seeds):
        crossed = inputs
        for depth in range(self.n_layers):
            weighted = SeparateDense(self.units, self.n_members, seed=seeds[f"narrow_{depth}"])(crossed)
            weighted = SeparateDense(sum(widths), self.n_members, seed=seeds[f"cross_{depth}"])(weighted)
            crossed = keras.layers.Add()([keras.layers.Multiply()([inputs, weighted]), crossed])
        return crossed

    def _quadratic(self, inputs, widths, seeds):
        left, right = (
            SeparateDense(self.units, self.n_members, seed=seeds[side])(inputs) for side in ("left", "right")
        )
        return keras.layers.Multiply()([left, right])

    def _fm(self, inputs, widths, seeds):
        return MemberInteractions(self.units, widths, self.n_members, seed=seeds["fm"], name="fm")(inputs)


class MemberInteractions(keras.layers.Layer):
    """Projects the vector of each column, and sums the elementwise products of all pairs, for each member."""

    def __init__(self, units, widths, n_members, seed, **kwargs):
        super().__init__(**kwargs)
        self.units, self.widths, self.n_members, self.seed = units, widths, n_members, seed

    def build(self, shape):
        # The initial standard deviation of a projected element is that of an element of the vector.
        start = keras.initializers.RandomNormal(stddev=np.mean(self.widths) ** -0.5, seed=self.seed)
        self.kernel = self.add_weight((self.n_members, sum(self.widths), self.units), initializer=start, name="kernel")
        owner = np.repeat(np.arange(len(self.widths)), self.widths)
        self.mine = (owner[:, None] == np.arange(len(self.widths)))[:, :, None].astype("float32")

    def call(self, inputs):
        kernel = ops.reshape(self.kernel[:, :, None, :] * self.mine, (self.n_members, sum(self.widths), -1))
        tokens = ops.matmul(inputs, kernel)
        tokens = ops.reshape(tokens, (self.n_members, -1, len(self.widths), self.units))
        return 0.5 * (ops.square(ops.sum(tokens, axis=2)) - ops.sum(ops.square(tokens), axis=2))

    def compute_output_shape(self, shape):
        return (*shape[:2], self.units)


CANDIDATES = {
    "final_mlp": FinalMlp(),
    "gated_cross": GatedCross(),
    "exponential_cross": ExponentialCross(),
    "fwfm": FieldWeighted(),
    "fwfm_low_rank": FieldWeighted(rank=3),
    "products": Products(),
    "ensemble_cross": MultiplyingEnsemble(kind="cross"),
    "ensemble_fm": MultiplyingEnsemble(kind="fm"),
    "ensemble_quadratic": MultiplyingEnsemble(kind="quadratic", units=32),
}
OURS = ["ensemble", "tabm", "mlp", "cross", "deepfm", "wide_deep"]
VARIANTS = {
    "final_mlp, no gates": FinalMlp(gate_units=0),
    "final_mlp, 1 head": FinalMlp(n_heads=1),
    "final_mlp, narrow": FinalMlp(hidden_units=(128, 64), second_units=(64, 64), n_heads=4),
    "gated_cross, 1 layer": GatedCross(n_layers=1),
    "gated_cross, 3 layers": GatedCross(n_layers=3),
    "gated_cross, alone": GatedCross(hidden_units=()),
    "gated_cross, stacked": GatedCross(structure="stacked"),
    "exponential_cross, 1 layer": ExponentialCross(n_layers=1),
    "exponential_cross, alone": ExponentialCross(hidden_units=()),
    "fwfm, no perceptron": FieldWeighted(hidden_units=()),
    "fwfm, 8 dimensions": FieldWeighted(interaction_dim=8),
    "products, 8 dimensions": Products(interaction_dim=8),
    "ensemble_fm, 4": MultiplyingEnsemble(kind="fm", units=4),
    "ensemble_fm, 16": MultiplyingEnsemble(kind="fm", units=16),
    "ensemble_fm, 16 members": MultiplyingEnsemble(kind="fm", n_members=16),
    "ensemble_cross, 2 layers": MultiplyingEnsemble(kind="cross", n_layers=2),
    "ensemble_quadratic, 128": MultiplyingEnsemble(kind="quadratic", units=128),
    "products, narrow": Products(hidden_units=(128, 64)),
}
BODIES = {**{name: name for name in OURS}, **CANDIDATES, **VARIANTS}


def log_of(name, rows, seed):
    """Return training and test rows of a log, and the true probabilities of the latter."""
    log = make_clicks(rows, N_COLUMNS, click_rate=CLICK_RATE, random_state=seed, **LOGS[name])
    columns = list(log.categorical)
    earlier, later = ((part.X[columns].reset_index(drop=True), part.y, part.probability) for part in log.split())
    return earlier[:2], later[:2], later[2]


def fitted(train, test, seed, **params):
    """Return the metrics and the costs of a fit."""
    model = tabemb.EmbeddingClassifier(list(train[0].columns), random_state=seed, **params)
    clock, processor = time.perf_counter(), time.process_time()
    model.fit(*train)
    costs = {"seconds": time.perf_counter() - clock, "processor_seconds": time.process_time() - processor}
    return scores(test[1], model.predict_proba(test[0])[:, 1]) | costs


def report(rows):
    """Print the mean and the range of each metric by table, use of statistics and body."""
    for (table, statistics), its in pd.DataFrame(rows).groupby(["table", "statistics"], sort=False):
        cells = []
        for body, each in its.groupby("body", sort=False):
            mean = each.mean(numeric_only=True)
            aucs = " ".join(f"{auc:.4f}" for auc in each["auc"])
            costs = [f"{mean[cost]:.1f}" for cost in ("seconds", "processor_seconds")]
            cells.append([body, f"{mean['auc']:.4f}", aucs, f"{mean['log_loss']:.4f}", f"{mean['ece']:.4f}", *costs])
        columns = ["body", "AUC", "by seed", "log loss", "ECE", "s", "processor s"]
        show(f"{table}, statistics: {statistics}", columns, cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=[*LOGS, "amazon"], default=[*LOGS, "amazon"])
    parser.add_argument("--bodies", nargs="+", choices=list(BODIES), default=[*OURS, *CANDIDATES])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--statistics", nargs="+", choices=list(STATISTICS), default=list(STATISTICS))
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--dim", type=int, help="dimensions of all columns, instead of the default rule")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if "amazon" in options.tables and not DATA.is_dir():
        parser.error(f"{DATA} not found; set TABEMB_DATA to the folder with the tables, or leave amazon out")

    more = {} if options.dim is None else {"embedding_dim": options.dim}
    rows = []
    for table in options.tables:
        for seed in options.seeds:
            train, test, truth = amazon(seed) if table == "amazon" else log_of(table, options.rows, seed)
            if not rows:
                fitted((train[0].head(2_000), train[1][:2_000]), test, seed, target_statistics=False)
            for name in options.statistics:
                common = {"table": table, "seed": seed, "statistics": name}
                for body in options.bodies:
                    params = {"body": BODIES[body], "target_statistics": STATISTICS[name], **more}
                    rows.append({**common, "body": body, **fitted(train, test, seed, **params)})
                    print(
                        table, seed, name, body, *(round(float(v), 4) for v in list(rows[-1].values())[4:]), flush=True
                    )
                if truth is not None:
                    rows.append({**common, "body": "Bayes", **scores(test[1], np.asarray(truth)), "seconds": np.nan})
    report(rows)
    print("written:", write("click_bodies", rows, options.json, options=vars(options)))


if __name__ == "__main__":
    main()
