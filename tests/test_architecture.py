"""The layers, the size of modules, and the places of tests."""

import ast
import importlib
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tabemb"
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))

# Tests of the project as a whole have no module of their name.
WHOLE = {
    "experiments/explorer/test_in_browser.py",
    "experiments/report/test_in_browser.py",
    "test_architecture.py",
    "test_bad_input.py",
    "test_configs.py",
    "test_estimator_checks.py",
    "test_benchmarks.py",
    "test_claims.py",
    "test_examples.py",
    "test_fuzz.py",
    "test_import_cost.py",
    "test_leakage.py",
    "test_mixed_dimensions.py",
    "test_multi_valued.py",
    "test_public_api.py",
    "test_quality_benchmark.py",
    "test_docs.py",
    "test_readme.py",
    "test_repeatability.py",
    "test_saved_before.py",
    "test_scikit_learn_tools.py",
    "test_shared_tables.py",
    "test_smoke.py",
    "test_typing.py",
    "test_unknown_categories.py",
    "test_unseen_benchmark.py",
    "test_vocabularies.py",
}


def relative(path):
    return str(path.relative_to(ROOT))


def test_modules_import_only_from_the_layers_below():
    command = Path(sys.executable).with_name("lint-imports")
    if not command.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def code_lines(source):
    """Return how many lines hold code: docstrings, comments and blank lines aside."""
    docstrings = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            docstrings |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


def test_code_lines_leave_out_docstrings_comments_and_blanks():
    assert (
        code_lines('"""One.\n\nTwo."""\n\n# three\nx = (\n    4,\n)\n\n\ndef f():\n    """Five."""\n    return x\n')
        == 5
    )


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_module_has_a_docstring_and_at_most_400_lines_of_code(path):
    source = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source))
    assert code_lines(source) <= 400


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_private_part_of_scikit_learn_or_keras_is_imported():
    private = [
        (relative(path), name)
        for path in MODULES
        for name in imported(path)
        if name.startswith("keras.src")
        or (name.startswith("sklearn.") and any(part.startswith("_") for part in name.split(".")))
    ]
    assert private == []


def test_keras_and_tensorflow_are_loaded_by_nn_which_hides_their_banner():
    homes = ("tabemb/nn/", "tabemb/training/")
    others = [path for path in MODULES if not relative(path).startswith(homes)]
    assert [
        (relative(path), name) for path in others for name in imported(path) if name.startswith(("keras", "tensorflow"))
    ] == []


def test_no_module_is_a_drawer_for_everything():
    drawers = {"utils", "helpers", "common", "misc", "tools"}
    assert [relative(path) for path in MODULES if path.stem in drawers] == []


def test_every_test_has_the_path_of_its_module():
    strays = []
    for path in TESTS:
        place = path.relative_to(ROOT / "tests")
        module = PACKAGE / place.with_name(place.name.removeprefix("test_"))
        of_package = place.name == f"test_{place.parent.name}.py"
        if not module.exists() and not of_package and str(place) not in WHOLE:
            strays.append(str(place))
    assert strays == []


def test_every_module_has_a_test():
    bare = []
    for path in MODULES:
        place = path.relative_to(PACKAGE)
        if (
            path.name not in ("__init__.py", "__main__.py")
            and not (ROOT / "tests" / place.with_name(f"test_{place.name}")).exists()
        ):
            bare.append(str(place))
    assert bare == []


def classes():
    """Yield the path and the definition of each class in the package that has a public name."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield path, node


def test_no_class_name_exists_twice():
    homes = {}
    for path, node in classes():
        homes.setdefault(node.name, []).append(relative(path))
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_no_class_has_more_than_three_bases_of_ours():
    ours = {node.name for _, node in classes()}
    wide = [
        (relative(path), node.name)
        for path, node in classes()
        if sum(isinstance(base, ast.Name) and base.id in ours for base in node.bases) > 3
    ]
    assert wide == []


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__main__.py"], ids=relative)
def test_all_lists_what_the_module_defines(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = {
        node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name[0] != "_"
    }
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    listed = getattr(module, "__all__", [])
    assert len(set(listed)) == len(listed)
    assert [name for name in listed if not hasattr(module, name)] == []
    assert sorted(public - set(listed)) == []
    if path.name != "__init__.py":
        imported_names = {name.rpartition(".")[2] for name in imported(path)}
        assert sorted(set(listed) & imported_names - public) == []
