"""Registries: classes by the names used in constructors and YAML files."""

from collections.abc import Callable, Iterator, Mapping
from inspect import Parameter, signature
from typing import Any, Generic, TypeVar

from tabemb.exceptions import UnknownNameError, did_you_mean

__all__ = ["Registry"]

T = TypeVar("T")
C = TypeVar("C", bound=type)


class Registry(Mapping[str, type[T]], Generic[T]):
    """The registered classes of one pluggable part, by name.

    Parameters
    ----------
    kind : str
        Name of the part, for error messages: "body", "task", ...

    Examples
    --------
    >>> shapes = Registry("shape")
    >>> @shapes.register("circle")
    ... class Circle:
    ...     def __init__(self, radius=1.0):
    ...         self.radius = radius
    >>> shapes.resolve("circle").radius
    1.0
    >>> shapes.resolve({"name": "circle", "radius": 2.0}).radius
    2.0
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, type[T]] = {}

    def register(self, name: str) -> Callable[[C], C]:
        """Return a class decorator that registers the class under ``name``."""

        def enter(cls: C) -> C:
            if name in self._entries:
                raise ValueError(f"{self._a_kind} named {name!r} is already registered: {self._entries[name]}.")
            self._entries[name] = cls
            return cls

        return enter

    def resolve(self, spec: str | Mapping[str, Any] | T) -> T:
        """Return an instance, given a name, a mapping with a ``name`` and parameters, or an instance.

        Parameters
        ----------
        spec : str, mapping or instance
            ``"mlp"``, ``{"name": "mlp", "dropout": 0.2}`` or ``Mlp(dropout=0.2)``. Instances are returned unchanged.

        Raises
        ------
        UnknownNameError
            If no entry has that name (the message suggests similar names), or the parameters are invalid.
        """
        if isinstance(spec, str):
            return self[spec]()
        if isinstance(spec, Mapping):
            params = dict(spec)
            if "name" not in params:
                raise UnknownNameError(
                    f"{self._a_kind} given as a mapping must have a 'name'; got the keys {sorted(params)}. "
                    f"Known names: {', '.join(sorted(self))}."
                )
            name = params.pop("name")
            accepted = signature(self[name]).parameters
            known = [each for each, parameter in accepted.items() if parameter.kind is not Parameter.VAR_KEYWORD]
            takes_any = len(known) < len(accepted)
            if not takes_any and (strange := [each for each in params if each not in known]):
                takes = f"It takes: {', '.join(known)}." if known else "It takes none."
                raise UnknownNameError(
                    f"The {self.kind} {name!r} does not take these parameters: {', '.join(map(repr, strange))}. "
                    f"{takes}{did_you_mean(strange[0], known)}"
                )
            try:
                return self[name](**params)
            except TypeError as error:
                raise UnknownNameError(f"The {self.kind} {name!r} does not take these parameters: {error}.") from error
        if isinstance(spec, tuple(self._entries.values())):
            return spec
        raise UnknownNameError(
            f"{self._a_kind} is given as a name, a mapping with a 'name', or an instance; got {spec!r}. "
            f"Known names: {', '.join(sorted(self))}."
        )

    @property
    def _a_kind(self) -> str:
        return f"{'An' if self.kind[0] in 'aeiou' else 'A'} {self.kind}"

    def name_of(self, entry: object) -> str:
        """Return the registered name of a class or of the class of an instance."""
        cls = entry if isinstance(entry, type) else type(entry)
        for name, known in self._entries.items():
            if known is cls:
                return name
        raise UnknownNameError(f"{cls.__name__} is not a registered {self.kind}. Known: {', '.join(sorted(self))}.")

    def __getitem__(self, name: str) -> type[T]:
        if name not in self._entries:
            raise UnknownNameError.among(self.kind, name, self._entries)
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
