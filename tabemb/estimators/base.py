"""The base class of the estimators: encode a table, train networks, and predict."""

import math
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabemb.estimators.auto_dim import auto_dims
from tabemb.estimators.ensemble import copy_tables, network_seeds
from tabemb.estimators.growth import extend
from tabemb.estimators.growth_report import GrowthReport, last_growth
from tabemb.estimators.held_out import sample_of
from tabemb.estimators.inputs import (
    TrainingData,
    auto_batch_size,
    check_table,
    check_targets,
    check_weights,
    empty_columns,
    given_validation,
    has_categorical_dtype,
    has_information,
    take_column_order,
    warn_of_constant_columns,
    warn_of_target_column,
)
from tabemb.estimators.learned import LearnedVectors
from tabemb.estimators.network_specs import dims_by_table, embedded_tables, vectors_spec
from tabemb.estimators.parameters import PARTS, check_parameters
from tabemb.estimators.persistence import params_to_json, save
from tabemb.estimators.pretrained import Pretrained, PretrainedReport
from tabemb.estimators.priors import Priors
from tabemb.estimators.saved_networks import networks_to_state, take_networks
from tabemb.estimators.scikit import BaseEstimator
from tabemb.estimators.serving import inference_state
from tabemb.estimators.statistics_network import StatisticsNetwork, check_crosses, learn_statistics
from tabemb.estimators.types import NewStart
from tabemb.estimators.unknown import replace_untrained, serve_unknown
from tabemb.estimators.validation import split_off
from tabemb.estimators.vocabulary_report import vocabulary_report
from tabemb.exceptions import TabembError, warn_caller
from tabemb.inference.answers import mean_of
from tabemb.nn.network import Network
from tabemb.nn.numeric import NUMERIC_ENCODERS
from tabemb.nn.seeds import Seeds, root_seed
from tabemb.nn.sizes import columns_from_data
from tabemb.nn.starts import STARTS, StartedTable, started_tables
from tabemb.nn.tasks import Task, task_from_state, task_to_state
from tabemb.nn.unknown import UNKNOWN_STRATEGIES
from tabemb.table.encoded_table import EncodedTable
from tabemb.table.encoder import TableEncoder
from tabemb.table.frames import Frame
from tabemb.table.schema import Schema, SchemaHint
from tabemb.table.types import TableLike
from tabemb.training.batches import Rows
from tabemb.training.forward import forward_of
from tabemb.training.trainer import Trainer, TrainingRecord

__all__ = ["EmbeddingEstimator"]

FEWEST_ROWS_TO_SPLIT = 20
NO_SIZES: Mapping[str, int] = MappingProxyType({})


class EmbeddingEstimator(BaseEstimator):
    """Base class of all estimators.

    See :class:`~tabemb.estimators.classifier.EmbeddingClassifier` for the parameters.
    """

    _integers = "numeric"
    # The network, and the other members of an ensemble.
    _network: Network
    _others: tuple[Network, ...] = ()
    # Some rows that each network was not trained on, or without validation was, for the importances.
    _held: tuple[Rows, ...] = ()
    # Validation rows and their targets, during a fit to which they were passed.
    _given: tuple[Any, Any] | None = None
    _pretrained = Pretrained(starts={}, report=PretrainedReport({}))
    # A network of target statistics beside the others.
    _beside: StatisticsNetwork | None = None

    # ------------------------------------------------------------------ parameters

    def set_params(self, **params: Any) -> Self:
        """Set parameters, such as ``max_epochs`` or ``body__dropout``.

        Parameters
        ----------
        **params : dict
            Parameters of the estimator, or of a part as ``part__parameter``, also if the part was given by name.

        Returns
        -------
        self : estimator
        """
        for part, registry in PARTS.items():
            if hasattr(self, part) and any(name.startswith(f"{part}__") for name in params):
                spec = params.get(part, getattr(self, part))
                if not hasattr(spec, "set_params"):
                    params[part] = registry.resolve(spec)
        return super().set_params(**params)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags

    # ------------------------------------------------------------------ fitted attributes

    @property
    def schema_(self) -> Schema:
        """Type of each column of the table."""
        check_is_fitted(self, "encoder_")
        return self.encoder_.schema

    @property
    def network_(self) -> Any:
        """The Keras model, from ``{"indices", "numbers"}`` to logits. For an ensemble, the first member."""
        check_is_fitted(self, "encoder_")
        return self._network.called_model()

    @property
    def networks_(self) -> list[Any]:
        """The Keras models of all members of the ensemble; ``[network_]`` without one."""
        check_is_fitted(self, "encoder_")
        return [network.called_model() for network in self._networks]

    @property
    def statistics_network_(self) -> Any:
        """The Keras model of the target statistics, from ``{"numbers"}`` to logits; None if they are not used."""
        check_is_fitted(self, "encoder_")
        return None if self._beside is None else self._beside.network.called_model()

    @property
    def statistics_share_(self) -> float:
        """Share of the network of target statistics in the mean of the logits; 0 if they are not used."""
        check_is_fitted(self, "encoder_")
        return 0.0 if self._beside is None else self._beside.share

    @property
    def crosses_(self) -> list[tuple[str, ...]]:
        """Combinations of columns whose target statistics are used, the most useful first."""
        check_is_fitted(self, "encoder_")
        return self.encoder_.crosses

    @property
    def vectors_(self) -> LearnedVectors:
        """Vectors of each embedded column, or table of ``shared`` columns, by its name: ``CategoryVectors``."""
        check_is_fitted(self, "encoder_")
        return LearnedVectors.of(self)

    def vectors_of(self, column: str, values: Any) -> np.ndarray:
        """Return the vectors of values of a column, whether the fit has seen them or not.

        Parameters
        ----------
        column : str
            An embedded column.
        values : sequence of length n
            Cells as those of a table: categories; lists or texts of several values, whose vectors are pooled, for a
            column that is split; or texts for a column with the vocabulary ``"ngrams"``.

        Returns
        -------
        ndarray of float32 of shape (n, dim)
            The vector of unknown categories for those that the fit has not seen, except in columns with a hashed
            vocabulary; that of missing cells for None and NaN.

        Raises
        ------
        ColumnError
            If there are no vectors of this column.
        """
        return self.vectors_.look_up(column, values)

    @property
    def pretrained_report_(self) -> PretrainedReport:
        """Number of categories found in ``pretrained``, by column and kind of match."""
        check_is_fitted(self, "encoder_")
        return self._pretrained.report

    @property
    def _networks(self) -> tuple[Network, ...]:
        return self._network, *self._others

    # ------------------------------------------------------------------ fit

    def _fit(self, X: Any, y: Any, sample_weight: Any, X_val: Any, y_val: Any) -> Self:
        with self._unchanged_on_failure(), self._validating_on(X_val, y_val):
            self._learn(X, y, sample_weight)
        return self

    @contextmanager
    def _validating_on(self, X_val, y_val):
        """Validate on given rows in the block instead of holding out some; None for both changes nothing."""
        self._given = given_validation(X_val, y_val, early_stopping=self.early_stopping)
        try:
            yield
        finally:
            vars(self).pop("_given", None)

    @contextmanager
    def _unchanged_on_failure(self):
        """Restore the estimator if the block fails: fitted as before, or not at all."""
        before = dict(vars(self))
        try:
            yield
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    def _learn(self, X, y, sample_weight):
        data = self._read_training_data(X, y, sample_weight)
        seeds = Seeds(self._root_seed())
        rows = self._encode_training_data(data, self._task_of(data))
        seeds_of_networks = network_seeds(seeds, self._n_networks())
        priors = self._start_networks(seeds_of_networks, rows, self._sizes_from_data(rows, seeds))
        self._check_output()
        self._start_logits(rows)
        records = [self._train(*each, rows, priors) for each in zip(self._networks, seeds_of_networks, strict=True)]
        rows = learn_statistics(self, rows, data.targets, seeds_of_networks)
        self._adjust_task(rows, seeds_of_networks)
        self._keep_records(records, priors)

    def _encode_training_data(self, data: TrainingData, task: Task) -> Rows:
        """Fit the encoding of the columns, look up pretrained vectors, and return the encoded rows."""
        self.task_, self._held, self._beside = task, (), None
        self.encoder_, table = self._fit_table_encoder(data.frame)
        check_crosses(self)
        self._pretrained = Pretrained.look_up(
            self.pretrained,
            self.freeze,
            list(self._embedded()),
            self.encoder_.tables | self.encoder_.hashed,
            self.encoder_.table_of,
            UNKNOWN_STRATEGIES.resolve(self.handle_unknown).min_cosine,
        )
        self.encoder_.words = dict(self._pretrained.words)
        return Rows(table=table, targets=task.encode(data.targets), weights=data.weights)

    def _keep_records(self, records: list[TrainingRecord], priors: Priors) -> None:
        """Keep the records of the training, and drop what only the training needed."""
        self.priors_ = dict(priors.weights)
        self.histories_, self.history_ = [record.history for record in records], records[0].history
        self.n_epochs_, self.best_epoch_ = records[0].n_epochs, records[0].best_epoch
        self._pretrained = self._pretrained.without_vectors()
        for name in ("_loops", "_importance", "_growth"):
            vars(self).pop(name, None)
        self._keep_params()

    def _keep_params(self) -> None:
        """Keep the parameters for :meth:`save`, since :meth:`set_params` may change them after the fit."""
        try:
            self._params_at_fit = params_to_json(self)
        except (TabembError, TypeError, ValueError):
            # A part that is not registered can be fitted, but not saved.
            self._params_at_fit = None

    def _n_networks(self) -> int:
        return getattr(self, "n_ensemble", 1)

    def _sizes_from_data(self, rows: Rows, seeds: Seeds) -> dict[str, int]:
        """Return the dimensions of the columns with ``embedding_dim="auto"``, none if there are too few rows."""
        columns = columns_from_data(dims_by_table(self), self._embedded())
        if not columns or (len(rows) < FEWEST_ROWS_TO_SPLIT and self._given is None):
            return {}
        self._start_networks([seeds], rows)
        self._start_logits(rows)
        train, judged = self._split_off(rows, seeds)
        self._train_on(self._network, seeds, train, judged, callbacks=None)
        counts = {name: vocabulary.counts for name, vocabulary in self.encoder_.tables.items()}
        return auto_dims(self._network, self.task_, judged, counts, columns)

    def _start_networks(
        self, seeds_of_networks: list[Seeds], rows: Rows, sizes: Mapping[str, int] = NO_SIZES
    ) -> Priors:
        """Build the networks. All start from the tables of the first, so that their vectors stay comparable.

        ``sizes`` overrides the number of dimensions of some columns. Returns the weights of the computed vectors.
        """
        self._network, *others = [self._network_from_seed(seeds["network"], sizes) for seeds in seeds_of_networks]
        started = self._started_tables(self._network, rows.table)
        for each in started:
            each.put(self._network)
        for other in others:
            copy_tables(self._network, other)
        self._others = tuple(others)
        return Priors(started, self.encoder_.table_counts)

    def _started_tables(self, network: Network, table: EncodedTable) -> list[StartedTable]:
        """Return the vectors that ``start`` computes from a table for the tables of a network."""
        sizes = [vocabulary.size for vocabulary in self.encoder_.vocabularies.values()]
        table = table.with_numbers(table.numbers[:, : self.encoder_.n_plain_numbers])
        start, without, apart = STARTS.resolve(self.start), self._pretrained.found, self.encoder_.hashed_tables
        return started_tables(network, start, table, sizes, without=without, apart=apart)

    def _start_logits(self, rows: Rows) -> None:
        """Set the output biases of all networks to the best constant prediction, such as the class shares."""
        for network in self._networks:
            network.start_at(self.task_.start(rows.targets, rows.weights))

    def _train(self, network: Network, seeds: Seeds, rows: Rows, priors: Priors) -> TrainingRecord:
        """Train a network on the rows, except for its validation set."""
        train, validation = self._split(rows, seeds)
        record = self._train_on(network, seeds, train, validation, priors)
        self._held = (*self._held, sample_of(train if validation is None else validation))
        return record

    def _train_on(
        self,
        network: Network,
        seeds: Seeds,
        train: Rows,
        validation: Rows | None,
        priors: Priors | None = None,
        **changes: Any,
    ) -> TrainingRecord:
        trainer = replace(self._trainer(len(train), with_validation=validation is not None), **changes)
        loop = trainer.loop(network, self.task_, seeds)
        record = trainer.fit(loop, train, validation, seeds)
        trainer.release(loop)
        if priors is not None:
            priors.settle(network, self.task_, validation)
        if network.spec.features or network.spec.one_hot:
            self._serve_unknown(network, train)
        return record

    def _adjust_task(self, rows: Rows, seeds_of_networks: list[Seeds]) -> None:
        """Fit what the task learns from the trained networks, such as a temperature; a hook."""

    def _read_training_data(self, X: Any, y: Any, sample_weight: Any, *, known: bool = False) -> TrainingData:
        check_parameters(self)
        frame = take_column_order(self, X) if known else check_table(self, X)
        targets = check_targets(y, frame.n_rows, numeric=self._wants_numbers(), owner=type(self).__name__)
        weights = check_weights(sample_weight, frame.n_rows)
        warn_of_target_column(frame, targets)
        n_rows, kept = frame.n_rows, np.arange(frame.n_rows)
        if weights is not None and not weights.all():
            # Rows of weight 0 are left out: neither their classes nor their categories are learned.
            kept = np.flatnonzero(weights)
            frame, targets, weights = frame.take(kept), targets[kept], weights[kept]
        return TrainingData(
            frame=frame,
            targets=targets,
            weights=self._class_weighted(targets, weights),
            kept=kept,
            n_rows=n_rows,
            categorical=has_categorical_dtype(y),
        )

    def _wants_numbers(self) -> bool:
        raise TypeError("an estimator must define _wants_numbers()")

    def _check_output(self, statistics: Any = None) -> None:
        """Raise an error if the output would be unusable; a hook, called before the training."""

    def _task_of(self, data: TrainingData) -> Task:
        raise TypeError("an estimator must define _task_of(data)")

    def _class_weighted(self, targets, weights):
        return weights

    def _root_seed(self) -> int:
        return root_seed(self.random_state)

    def _fit_table_encoder(self, frame: Frame) -> tuple[TableEncoder, EncodedTable]:
        # The only column may be constant, such as in a fold or in a ColumnTransformer; its vectors are constant then.
        varies = has_information(frame)
        encoder = TableEncoder(
            self.categorical if varies or self.categorical is not None else empty_columns(frame),
            integers=self._integers,
            min_frequency=self.min_frequency,
            max_categories=self.max_categories,
            scaling=NUMERIC_ENCODERS.resolve(self.numeric).scaling,
            min_similarity=UNKNOWN_STRATEGIES.resolve(self.handle_unknown).min_similarity,
            drop_constant=varies,
            refuse_unknown=UNKNOWN_STRATEGIES.resolve(self.handle_unknown).refuses,
            multi_valued=self.multi_valued,
            shared=self.shared,
            vocabulary=self.vocabulary,
        )
        table = encoder.fit_encode(frame)
        if not encoder.vocabularies:
            warn_caller(
                "The table has no categorical column, so there are no vectors to learn. Name the columns that hold "
                "categories in categorical=[...].",
                SchemaHint,
            )
        if not varies:
            warn_of_constant_columns(frame)
        return encoder, table

    def _embedded(self) -> dict[str, int]:
        """Return the number of categories of each table of vectors: of a column, or of several that share it."""
        return embedded_tables(self)

    def _network_from_seed(
        self, seed: int, sizes: Mapping[str, int] = NO_SIZES, *fitted: Mapping[str, Any] | None
    ) -> Network:
        network = Network(vectors_spec(self, seed, sizes, *fitted))
        self._pretrained.start(network)
        return network

    def _split(self, rows: Rows, seeds: Seeds) -> tuple[Rows, Rows | None]:
        """Hold out a validation set, in which categories without training rows are replaced by their stand-ins."""
        return self._split_off(rows, seeds) if self._has_validation_part(len(rows)) else (rows, None)

    def _split_off(self, rows: Rows, seeds: Seeds) -> tuple[Rows, Rows]:
        if self._given is not None:
            validation = self._read_validation(*self._given)
            return rows, replace_untrained(validation, rows, self.encoder_, self._pretrained.kept)
        return split_off(self, rows, seeds)

    def _n_separate(self) -> int:
        """Return the number of members of the body that can each hold out rows of their own, or 1."""
        spec = self._network.spec
        return spec.body.n_separate(spec.embedded)

    def _has_validation_part(self, n_rows: int) -> bool:
        return self.early_stopping and (n_rows >= FEWEST_ROWS_TO_SPLIT or self._given is not None)

    def _read_validation(self, X_val: Any, y_val: Any) -> Rows:
        frame = take_column_order(self, X_val)
        targets = check_targets(y_val, frame.n_rows, numeric=self._wants_numbers(), owner=type(self).__name__)
        encoded = self.task_.encode(targets)
        return Rows(table=self.encoder_.encode(frame), targets=encoded, weights=self._class_weighted(targets, None))

    def _serve_unknown(self, network: Network, rows: Rows) -> None:
        serve_unknown(
            network,
            UNKNOWN_STRATEGIES.resolve(self.handle_unknown),
            self.encoder_,
            rows,
            drops=self.category_dropout > 0,
            n_members=self._n_separate(),
            kept=self._pretrained.kept,
        )

    def _trainer(self, n_rows: int, *, with_validation: bool, max_epochs: int | None = None) -> Trainer:
        return Trainer(
            batch_size=auto_batch_size(n_rows) if self.batch_size == "auto" else self.batch_size,
            max_epochs=max_epochs or self.max_epochs,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
            weight_decay=self.weight_decay,
            category_dropout=self.category_dropout,
            damping=self.damping,
            shrinkage=self.shrinkage,
            n_iter_no_change=self.n_iter_no_change if with_validation else None,
            tol=self.tol,
            weight_averaging=self.weight_averaging,
            callbacks=self.callbacks,
            verbose=self.verbose,
        )

    # ------------------------------------------------------------------ new categories

    def extend(self, X: TableLike, *, columns: Iterable[str] | None = None, start: NewStart = "unknown") -> Self:
        """Add the new categories of a table to the vocabularies, without training.

        They get vectors after the known ones. All other vectors, and the predictions for known categories, stay bit for
        bit the same. ``growth_report_`` says what was added.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A table with the columns of the fit. ``min_frequency`` and ``max_categories`` hold for its new categories;
            known ones are never removed.
        columns : iterable of str, optional
            Names of the categorical columns to extend, or of ``shared`` tables; all by default.
        start : {"unknown", "mean", "nearest", "pretrained"}, default="unknown"
            Vector of a new category: that of unknown categories; the mean of the known ones, weighted by their numbers
            of rows; that of the known category with the most similar name; or that of the words in ``pretrained``. If
            nothing is found, that of unknown categories. See :mod:`tabemb.estimators.growth`.

        Returns
        -------
        self : estimator

        Raises
        ------
        ColumnError
            If a column is missing, or ``columns`` names one that is not categorical, or has a hashed vocabulary, which
            needs no extension.
        DataError
            If the table has no rows, its new categories have another type than the known ones, or ``start`` is
            "pretrained" without ``pretrained``.
        UnknownNameError
            If there is no such ``start``.
        """
        extend(self, X, columns, start)
        return self

    @property
    def growth_report_(self) -> GrowthReport:
        """What the last ``extend`` or ``partial_fit`` added to each categorical column."""
        return last_growth(self)

    @property
    def new_categories_(self) -> dict[str, list[Any]]:
        """The categories that the last ``extend`` or ``partial_fit`` added, by column."""
        return {column: list(each.new) for column, each in self.growth_report_.items() if each.new}

    def vocabulary_report(self, X: TableLike, *, rare: int = 10, n_keys: int = 5) -> pd.DataFrame:
        """Return how the categories of a table relate to those of the fit: unseen, missing, rare, and drift.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            A table with the columns of the fit, such as the rows of a later month.
        rare : int, default=10
            Known categories with fewer training rows than this are rare.
        n_keys : int, default=5
            Number of unseen categories to list per column.

        Returns
        -------
        DataFrame
            One row per categorical column. ``known_categories``, ``unseen_categories``: number of distinct categories
            in the table that the fit knows, and does not know. ``missing``, ``unseen``, ``rare``: share of the rows.
            ``drift``: Jensen-Shannon distance of the frequencies to those of the training rows, from 0 (the same) to 1
            (disjoint); see :mod:`tabemb.table.frequency_drift`. ``drift_by_chance``: the distance that a random sample
            of the training rows with as many rows would have; only a drift clearly above it is one.
            ``most_frequent_unseen``: pairs of category and number of rows. Columns with a hashed vocabulary know all
            categories; ``rare`` and the drifts, which need the counts of the fit, are NaN for them.

        Raises
        ------
        ColumnError
            If a column is missing.
        DataError
            If the table has no rows.
        """
        return vocabulary_report(self, X, rare=rare, n_keys=n_keys)

    # ------------------------------------------------------------------ predict

    def _read(self, X: Any) -> Frame:
        check_is_fitted(self, "encoder_")
        return take_column_order(self, X)

    def _activated(self, X: Any) -> np.ndarray:
        frame = self._read(X)
        table = self.encoder_.encode(frame)
        logits = (forward_of(network).logits(table) for network in self._networks)
        if self._beside is not None:
            beside = forward_of(self._beside.network).logits(table)
            logits = (self._beside.mean(each, beside) for each in logits)
        return mean_of(self.task_.activate(each) for each in logits)

    # ------------------------------------------------------------------ saving

    def _to_state(self) -> tuple[dict[str, Any], dict[str, dict[str, np.ndarray]]]:
        """Return the fitted state: JSON values by name, and arrays by group and name."""
        state, arrays = networks_to_state(self)
        state["table"], arrays["table"] = self.encoder_.to_state()
        state["beside"], arrays["beside"] = self._own_state()
        state["pretrained"], arrays["pretrained"] = self._pretrained.to_state()
        return state | {
            "n_features_in": self.n_features_in_,
            "feature_names_in": [str(name) for name in getattr(self, "feature_names_in_", [])] or None,
            "task": task_to_state(self.task_),
            "output": dict(getattr(self, "_sklearn_output_config", {})),
            "histories": self.histories_,
            "n_epochs": self.n_epochs_,
            "best_epoch": self.best_epoch_,
            "priors": {name: "inf" if math.isinf(each) else each for name, each in self.priors_.items()},
            **({"inference": inference_state(self)} if hasattr(self, "predictor") else {}),
        }, arrays

    def _take_state(self, state: Mapping[str, Any], arrays: Mapping[str, Mapping[str, np.ndarray]]) -> None:
        """Restore the fitted state that :meth:`_to_state` returned."""
        self.encoder_ = TableEncoder.from_state(state["table"], arrays["table"])
        self.task_, self._held = task_from_state(state["task"]), ()
        self.n_features_in_ = state["n_features_in"]
        if state["feature_names_in"]:
            self.feature_names_in_ = np.asarray(state["feature_names_in"], dtype=object)
        if state["output"]:
            self.set_output(**state["output"])
        self.histories_, self.history_ = state["histories"], state["histories"][0]
        self.n_epochs_, self.best_epoch_ = state["n_epochs"], state["best_epoch"]
        self.priors_ = {name: float(each) for name, each in state.get("priors", {}).items()}
        self._pretrained = Pretrained.from_state(state["pretrained"], arrays["pretrained"])
        take_networks(self, state, arrays)
        self._take_own_state(state["beside"], arrays["beside"])

    def _own_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the additional state of a subclass: JSON values and arrays."""
        return {}, {}

    def _take_own_state(self, data: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the state that :meth:`_own_state` returned."""

    def __getstate__(self):
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name not in ("_loops", "_loops_of")}

    def save(self, path: str | PathLike[str]) -> None:
        """Save the fitted estimator as a directory of JSON and safetensors.

        The directory is written atomically. :func:`tabemb.load` reads it without running code from it. All learned
        vectors are saved; of ``pretrained``, only paths are. The parameters are those of the fit.

        Parameters
        ----------
        path : str or Path
            The directory. Missing parent directories are made. A directory written by an earlier ``save`` is replaced.

        Raises
        ------
        OutputError
            If the directory cannot be written, or holds other files, or a weight is NaN or infinite.
        """
        check_is_fitted(self, "encoder_")
        save(self, path)
