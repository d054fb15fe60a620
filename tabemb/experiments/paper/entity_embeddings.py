"""The study of Guo & Berkhahn: methods with and without embeddings, tested on random rows and on the latest rows."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from tabemb.exceptions import ColumnError, DataError, UnknownNameError, did_you_mean
from tabemb.experiments.data import Problem
from tabemb.experiments.paper.forms import FORMS, Form
from tabemb.experiments.paper.methods import METHODS
from tabemb.experiments.paper.network import StudyNetwork
from tabemb.experiments.paper.split_rows import SPLITS, Split, SplitRows, split_rows
from tabemb.experiments.paper.study import STUDIES, Study, StudyOutput, StudyResult, StudyScore

__all__ = ["EntityEmbeddings"]


@STUDIES.register("entity_embeddings")
class EntityEmbeddings(Study):
    """Tables III and IV of "Entity Embeddings of Categorical Variables" (arXiv:1604.06737), for any positive target.

    Each method learns log(amount) / log(largest amount) from each form of the same rows. The score is the mean absolute
    percentage error of the amounts. Rows with an amount of 0 or less are left out.

    Parameters
    ----------
    dims : mapping of str to int or list of int
        Size of the vectors of each categorical column; all other columns are numeric. One column may have several
        sizes; each adds a line to the tables.
    time : sequence of str
        The columns that order rows in time, the coarsest first.
    rows : int
        Number of training rows, drawn from the rows that are not test rows.
    test_share : float
        Fraction of the rows used for testing.
    hidden_units, epochs, batch_size, n_networks
        Parameters of the network; see `StudyNetwork`.
    splits : sequence of str
        Names of registered splits. The model of the first split and line is saved.
    forms, methods : sequence of str, mapping or instance
        Registered forms and methods.
    published : mapping of str to mapping, optional
        The published errors without and with embeddings, by split and method.
    """

    def __init__(
        self,
        dims=None,
        time=(),
        rows=200_000,
        test_share=0.1,
        hidden_units=(1000, 500),
        epochs=10,
        batch_size=128,
        n_networks=5,
        splits=("shuffled", "time"),
        forms=("raw", "embeddings", "cross_fitted", "target_encoding"),
        methods=("knn", "random_forest", "boosted_trees", "network"),
        published=None,
    ):
        self.dims = dims
        self.time = time
        self.rows = rows
        self.test_share = test_share
        self.hidden_units = hidden_units
        self.epochs = epochs
        self.batch_size = batch_size
        self.n_networks = n_networks
        self.splits = splits
        self.forms = forms
        self.methods = methods
        self.published = published

    def run(self, problem, *, categorical, seed, progress=None):
        """Return a score for each split, form, line and method; see `Study.run`.

        Raises
        ------
        UnknownNameError
            If a split, form or method is unknown.
        ColumnError, DataError
            If ``dims`` or ``time`` do not match the table, or its target is invalid.
        """
        splits, forms, methods = (
            {registry.name_of(part): part for part in map(registry.resolve, given)}
            for registry, given in ((SPLITS, self.splits), (FORMS, self.forms), (METHODS, self.methods))
        )
        if "embeddings" not in forms:
            raise DataError("forms must contain 'embeddings': their network is the model to save.")
        lines = _lines(self.dims)
        published = self._published(splits, methods)
        self._check_columns(problem.X, categorical)
        X, amounts, notes = _positive(problem)
        network = StudyNetwork(self.hidden_units, self.epochs, self.batch_size, self.n_networks)
        # For each split: each form, once or for each line, and the methods that learn from it.
        plan = [
            (name, line, [each for each in methods if forms[name].for_networks or not methods[each].is_network])
            for name in forms
            for line in (lines if forms[name].each_line else list(lines)[:1])
        ]
        report = _step_counter(progress, len(splits) * sum(1 + len(learning) for _, _, learning in plan))
        scores: list[StudyScore] = []
        model, largest = None, 0.0
        for split, kind in splits.items():
            rows = self._rows(X, amounts, kind, seed)
            for name, line, learning in plan:
                step = f"{split}, {forms[name].title}, {line}"
                report(step)
                begin = perf_counter()
                features = forms[name].make(rows, network, lines[line], seed)
                form_seconds = perf_counter() - begin
                if model is None and features.fitted is not None:
                    model, largest = features.fitted, float(rows.amounts.max())
                for method in learning:
                    report(f"{step}: {methods[method].title}")
                    begin = perf_counter()
                    error = rows.error(methods[method].predict(features, rows, network, seed))
                    scores.append(
                        StudyScore(
                            split=split,
                            form=name,
                            line=line,
                            method=method,
                            error=error,
                            seconds=perf_counter() - begin,
                            form_seconds=form_seconds,
                            published=_published_error(forms[name], published.get((split, method))),
                        )
                    )
            notes.append(f"{split}: {len(rows.train):,} training rows and {len(rows.test):,} test rows.")
        titles = {
            kind: {name: part.title for name, part in parts.items()}
            for kind, parts in (("split", splits), ("form", forms), ("method", methods))
        }
        return StudyOutput(
            result=StudyResult(scores=tuple(scores), titles=titles, lines=tuple(lines)),
            model=model,
            target=f"log({problem.target}) / log({largest:g})",
            notes=tuple(notes),
        )

    def _rows(self, X: pd.DataFrame, amounts: np.ndarray, split: Split, seed: int) -> SplitRows:
        return split_rows(
            X,
            amounts,
            split,
            categorical=list(self.dims),
            time=list(self.time),
            test_share=self.test_share,
            rows=self.rows,
            seed=seed,
        )

    def _check_columns(self, X: pd.DataFrame, categorical: Any) -> None:
        known = [str(column) for column in X.columns]
        if not self.time:
            raise DataError("time must name the columns that order rows in time, such as [Year, Month, Day].")
        for key, names in (("dims", self.dims), ("time", self.time)):
            for column in names:
                if column not in known:
                    raise ColumnError(
                        f"{key} names {column!r}, which is not one of the features.{did_you_mean(column, known)}"
                    )
        for column in X.columns:
            if X[column].isna().any():
                raise DataError(f"The column {column!r} has missing values; fill them, or leave the column out.")
            if column not in self.dims and (column in categorical or not pd.api.types.is_numeric_dtype(X[column])):
                raise ColumnError(f"The column {column!r} is categorical; dims must give the size of its vectors.")

    def _published(self, splits: Mapping, methods: Mapping) -> dict[tuple[str, str], tuple[float, float]]:
        errors = {}
        for split, of_split in (self.published or {}).items():
            if split not in splits:
                raise UnknownNameError.among("split with published errors", split, splits)
            for method, pair in of_split.items():
                if method not in methods:
                    raise UnknownNameError.among("method with published errors", method, methods)
                if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(_is_error(each) for each in pair):
                    raise DataError(
                        f"published must give two positive errors for {method!r} in {split!r}, without and with "
                        f"embeddings; got {pair!r}."
                    )
                errors[split, method] = tuple(pair)
        return errors


def _lines(dims: Any) -> dict[str, dict[str, int]]:
    """Return the sizes of the vectors of all columns, for each line of the tables."""
    if not isinstance(dims, Mapping) or not dims:
        raise DataError("dims must map each categorical column to the size of its vectors, such as {Store: 10}.")
    several = [column for column, size in dims.items() if isinstance(size, list | tuple)]
    if len(several) > 1:
        raise DataError(f"dims may give several sizes for one column only; got several for {' and '.join(several)}.")
    lead = several[0] if several else next(iter(dims))
    sizes = dims[lead] if several else [dims[lead]]
    return {f"{lead} {size}": dict(dims) | {lead: size} for size in sizes}


def _positive(problem: Problem) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    """Return the rows with a positive amount, their amounts, and a note on the rows left out."""
    if not pd.api.types.is_numeric_dtype(problem.y):
        raise DataError(f"The target {problem.target!r} must be numeric; its dtype is {problem.y.dtype}.")
    amounts = problem.y.to_numpy("float64")
    above = amounts > 0
    n_out = int((~above).sum())
    notes = [f"{n_out:,} rows with {problem.target} of 0 or less were left out."] if n_out else []
    return problem.X[above].reset_index(drop=True), amounts[above], notes


def _published_error(form: Form, pair: tuple[float, float] | None) -> float | None:
    return None if pair is None or form.published is None else float(pair[form.published])


def _is_error(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _step_counter(progress: Any, n_steps: int) -> Callable[[str], None]:
    """Return a function that reports each step to ``progress`` with its number."""
    numbers = iter(range(n_steps))

    def report(step: str) -> None:
        if progress is not None:
            progress(step, next(numbers), n_steps)

    return report
