"""What other models gain from vectors: scores and sizes of each model on one-hot columns and on vectors."""

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tabemb.exceptions import UnknownNameError
from tabemb.experiments import numbers
from tabemb.experiments.comparison.cost_words import and_list
from tabemb.experiments.comparison.model_result import PairedTest, array_of, json_number, json_numbers, number_of

__all__ = ["Downstream", "DownstreamResult", "FormResult", "notebook_table"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FormResult:
    """The scores and costs of a model on one form of the rows.

    Parameters
    ----------
    form : str
        ``"one-hot"``, ``"native categories"`` or ``"vectors"``.
    scores : dict of str to array of shape (n_folds,)
        Value of each metric in each fold.
    width : int
        Number of features (mean over the folds, rounded).
    bytes_per_row : float
        Bytes per training row, as stored.
    fit_seconds : array of shape (n_folds,)
        Seconds to learn the form and the model; for vectors, the cross-fit included.
    """

    form: str
    scores: dict[str, np.ndarray]
    width: int
    bytes_per_row: float
    fit_seconds: np.ndarray

    def mean(self, metric: str) -> float:
        """Return the mean of a metric over the folds."""
        return float(np.mean(self.scores[metric]))

    def spread(self, metric: str) -> float:
        """Return the standard deviation of a metric over the folds (0 for a single fold)."""
        values = self.scores[metric]
        return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return a dict that can be written as JSON."""
        return {
            "form": self.form,
            "scores": {metric: json_numbers(values) for metric, values in self.scores.items()},
            "width": int(self.width),
            "bytes_per_row": json_number(self.bytes_per_row),
            "fit_seconds": json_numbers(self.fit_seconds),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "FormResult":
        """Return the value that `to_json` wrote."""
        return cls(
            form=data["form"],
            scores={metric: array_of(values) for metric, values in data["scores"].items()},
            width=data["width"],
            bytes_per_row=number_of(data["bytes_per_row"]),
            fit_seconds=array_of(data["fit_seconds"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DownstreamResult:
    """A model on the plain form of the rows and on vectors.

    Parameters
    ----------
    name, description : str
        Name, and one-line description.
    plain : FormResult
        On one-hot columns, or on categories if the model reads them.
    vectors : FormResult
        On cross-fitted vectors.
    versus : dict of str to PairedTest
        Paired test of each metric; the difference is positive if vectors are better.
    """

    name: str
    description: str
    plain: FormResult
    vectors: FormResult
    versus: dict[str, PairedTest] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return a dict that can be written as JSON."""
        return {
            "name": self.name,
            "description": self.description,
            "plain": self.plain.to_json(),
            "vectors": self.vectors.to_json(),
            "versus": {metric: test.to_json() for metric, test in self.versus.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "DownstreamResult":
        """Return the value that `to_json` wrote."""
        return cls(
            name=data["name"],
            description=data["description"],
            plain=FormResult.from_json(data["plain"]),
            vectors=FormResult.from_json(data["vectors"]),
            versus={metric: PairedTest.from_json(test) for metric, test in data["versus"].items()},
        )


class Downstream(Sequence[DownstreamResult]):
    """Other models on one-hot columns and on vectors, on the folds of a comparison.

    It is a sequence of `DownstreamResult`; a result is also found by the name of its model.

    Parameters
    ----------
    results : sequence of DownstreamResult
        The models, in the given order.
    metrics : sequence of str
        Names of the metrics; the first is the primary one.

    Examples
    --------
    >>> def form(name, values):
    ...     return FormResult(form=name, scores={"accuracy": np.array(values)}, width=9, bytes_per_row=36.0,
    ...                       fit_seconds=np.array([1.0, 1.0]))
    >>> knn = DownstreamResult(
    ...     name="knn", description="nearest rows",
    ...     plain=form("one-hot", [0.7, 0.7]), vectors=form("vectors", [0.8, 0.8]),
    ...     versus={"accuracy": PairedTest(difference=0.1, p_value=0.01, low=0.05, high=0.15)})
    >>> downstream = Downstream([knn], ["accuracy"])
    >>> downstream["knn"].vectors.width
    9
    >>> downstream.sentence()
    'On accuracy, vectors beat one-hot as inputs of knn (0.8000 against 0.7000).'
    >>> downstream.to_frame()[["plain", "accuracy_plain", "accuracy_vectors"]].values.tolist()
    [['one-hot', 0.7, 0.8]]
    """

    def __init__(self, results: Sequence[DownstreamResult] = (), metrics: Sequence[str] = ()) -> None:
        self._results = tuple(results)
        self.metrics = tuple(metrics)

    def __len__(self) -> int:
        return len(self._results)

    def __iter__(self) -> Iterator[DownstreamResult]:
        return iter(self._results)

    def __getitem__(self, which: Any) -> Any:
        if not isinstance(which, str):
            return self._results[which]
        for result in self._results:
            if result.name == which:
                return result
        raise UnknownNameError.among("downstream model", which, [result.name for result in self._results])

    def __repr__(self) -> str:
        return f"Downstream({self.sentence() or 'no models'})"

    def _repr_html_(self) -> str:
        rows = self.table()
        if not rows:
            return ""
        table = notebook_table(pd.DataFrame(rows), index=False)
        return f"{table}\n<p>{html.escape(self.sentence())}</p>"

    def sentence(self) -> str:
        """Return for which models vectors are significantly better, worse or neither on the primary metric."""
        if not self._results:
            return ""
        metric = self.metrics[0]
        groups: dict[str, list[str]] = {}
        for result in self._results:
            test, plain = result.versus[metric], result.plain.form
            pair = [f"{each.mean(metric):.4f}" for each in (result.vectors, result.plain)]
            words = f"vectors and {plain} score the same within chance as inputs of"
            if np.isnan(test.p_value):
                words = f"vectors and {plain} are not tested as inputs of"
            elif test.significant and test.difference > 0:
                words = f"vectors beat {plain} as inputs of"
            elif test.significant:
                pair.reverse()
                words = f"{plain} {'beat' if plain.endswith('s') else 'beats'} vectors as inputs of"
            groups.setdefault(words, []).append(f"{result.name} ({pair[0]} against {pair[1]})")
        return f"On {metric}, {'; '.join(f'{words} {and_list(names)}' for words, names in groups.items())}."

    def table(self) -> list[dict[str, str]]:
        """Return the matrix of models and forms as text, a dict per model: scores, difference, sizes and seconds."""
        rows = []
        for result in self._results:
            test, forms = result.versus[self.metrics[0]], (result.plain, result.vectors)
            rows.append(
                {
                    "model": result.name,
                    "on one-hot": self._score(result.plain),
                    "on vectors": self._score(result.vectors),
                    "difference": numbers.signed(test.difference),
                    "95 % interval": numbers.interval(test.low, test.high),
                    "p": numbers.p_value(test.p_value).removeprefix("p = ").removeprefix("p "),
                    "features": _pair(forms, lambda form: numbers.count(form.width)),
                    "bytes per row": _pair(forms, lambda form: numbers.memory(form.bytes_per_row)),
                    "fit": _pair(forms, lambda form: numbers.duration(float(np.mean(form.fit_seconds)))),
                }
            )
        return rows

    def _score(self, form: FormResult) -> str:
        metric = self.metrics[0]
        spread = f" ± {numbers.score(form.spread(metric))}" if len(form.scores[metric]) > 1 else ""
        native = " (native)" if form.form.startswith("native") else ""
        return f"{numbers.score(form.mean(metric))}{spread}{native}"

    def to_frame(self, *, wide: bool = False) -> pd.DataFrame:
        """Return a DataFrame with one row per model.

        Parameters
        ----------
        wide : bool, default=False
            Whether to return the columns of all metrics, not only of the primary one.

        Returns
        -------
        pandas.DataFrame
            Indexed by the names of the models. ``plain`` (the form other than vectors); for each metric ``m``:
            ``m_plain``, ``m_vectors`` (means), ``m_difference`` (positive if vectors are better), ``m_low``, ``m_high``
            (95 % interval) and ``m_p``; then ``width``, ``bytes_per_row`` and ``fit_seconds`` with ``_plain`` and
            ``_vectors`` each.
        """
        rows = []
        for result in self._results:
            row: dict[str, Any] = {"plain": result.plain.form}
            for metric in self.metrics if wide else self.metrics[:1]:
                test = result.versus[metric]
                row[f"{metric}_plain"] = result.plain.mean(metric)
                row[f"{metric}_vectors"] = result.vectors.mean(metric)
                row[f"{metric}_difference"] = test.difference
                row[f"{metric}_low"], row[f"{metric}_high"] = test.low, test.high
                row[f"{metric}_p"] = test.p_value
            for name, form in (("plain", result.plain), ("vectors", result.vectors)):
                row[f"width_{name}"], row[f"bytes_per_row_{name}"] = form.width, form.bytes_per_row
                row[f"fit_seconds_{name}"] = float(np.mean(form.fit_seconds))
            rows.append(row)
        return pd.DataFrame(rows, index=pd.Index([result.name for result in self._results], name="model"))

    def to_json(self) -> list[dict[str, Any]]:
        """Return a list that can be written as JSON."""
        return [result.to_json() for result in self._results]

    @classmethod
    def from_json(cls, data: Sequence[Mapping[str, Any]], metrics: Sequence[str]) -> "Downstream":
        """Return the value that `to_json` wrote."""
        return cls([DownstreamResult.from_json(each) for each in data], metrics)


def notebook_table(frame: pd.DataFrame, *, index: bool = True) -> str:
    """Return a frame of text as an HTML table, escaped, in the colors of the page around it, light or dark.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    index : bool, default=True
        Whether to show its index.
    """
    table = frame.to_html(index=index, border=0, escape=True, na_rep="")
    return table.replace("<table ", '<table style="color: inherit" ', 1)


def _pair(forms: tuple[FormResult, FormResult], text: Callable[[FormResult], str]) -> str:
    return " → ".join(text(form) for form in forms)
