"""Configuration of Sphinx. `make docs` builds the site; no page needs the network."""

import os
import re
from pathlib import Path

from docutils import nodes
from sphinx.ext import autosummary

import tabemb

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"

project = "tabemb"
author = "The tabemb authors"
copyright = "The tabemb authors, MIT license"  # noqa: A001
release = tabemb.__version__
version = release

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
nitpicky = False

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3

autosummary_generate = True
# The first sentence of a docstring does not end here.
autosummary.WELL_KNOWN_ABBREVIATIONS += ("eq.", "fig.", "sec.")
autosummary_imported_members = True
autodoc_typehints = "none"
# The methods are listed by the templates, with those that scikit-learn adds left out.
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
toc_object_entries_show_parents = "hide"

html_theme = "pydata_sphinx_theme"
html_title = "tabemb"
html_static_path = ["_static"]
html_css_files = ["tabemb.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "tabemb"},
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
}
html_sidebars = {"changelog": [], "contributing": [], "index": [], "results": []}

RUN_EXAMPLES = os.environ.get("GALLERY") == "run"

# The pictures of examples whose output is not shown, since the gallery is built without running them.
THUMBNAILS = {
    "03_vectors_for_another_model": HERE / "_static" / "tree.png",
    "04_read_a_run": EXAMPLES / "carriers_report.png",
    "05_airports_on_the_globe": HERE / "_static" / "airports_map.png",
    "06_pictures_of_vectors": HERE / "_static" / "heatmap.png",
}


def write_gallery_sources(folder):
    """Copy the examples, with the underlined titles and the header file that sphinx-gallery needs."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.py"):
        old.unlink()
    header = "Examples\n========\n\nComplete scripts. Run one with ``python examples/NAME.py``.\n"
    if not RUN_EXAMPLES:
        header += "Their output is not shown here; ``GALLERY=run make docs`` runs them.\n"
    (folder / "GALLERY_HEADER.rst").write_text(header, encoding="utf-8")
    for path in sorted(EXAMPLES.glob("*.py")):
        code = path.read_text(encoding="utf-8")
        first = re.match(r'"""(.+?)\.?(\n|""")', code)
        sentence, rest = first.group(1), code[first.end() :] if first.group(2) == "\n" else '"""' + code[first.end() :]
        title = re.split("[:?]|, and", sentence)[0]  # short enough for the list of examples
        code = f'"""\n{title}\n{"=" * len(title)}\n\n{sentence}.\n{rest}'
        if path.stem in THUMBNAILS:
            picture = os.path.relpath(THUMBNAILS[path.stem], HERE)
            code += f"\n# sphinx_gallery_thumbnail_path = {picture!r}\n"
        (folder / path.name).write_text(code, encoding="utf-8")


write_gallery_sources(HERE / "_build" / "examples")
sphinx_gallery_conf = {
    "examples_dirs": "_build/examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/\d\d_",
    # Running all examples takes about ten minutes on two cores: GALLERY=run make docs.
    "plot_gallery": RUN_EXAMPLES,
    "within_subsection_order": "FileNameSortKey",
    "default_thumb_file": str(HERE / "_static" / "example.png"),
    "download_all_examples": False,
    "show_signature": False,
    "show_memory": False,
    "min_reported_time": 1e9,
    "remove_config_comments": True,
    "write_computation_times": False,  # that page loads scripts from the network
}
# sphinx-gallery keeps functions in its configuration, which Sphinx cannot store between builds.
suppress_warnings = ["config.cache"]


def _without_references_elsewhere(app, what, name, obj, options, lines):
    """Replace references to pages of scikit-learn's documentation in inherited docstrings by their text."""
    lines[:] = [re.sub(r":ref:`([^<`]+?)\s*<[^>`]+>`", r"\1", line) for line in lines]


def _write_math(translator, node, display):
    """Write a formula as MathML, which browsers show without a script from the network."""
    from latex2mathml.converter import convert

    translator.body.append(convert(node.astext(), display=display))
    raise nodes.SkipNode


def setup(app):
    """Register the handlers of events, and how formulas are written."""
    app.connect("autodoc-process-docstring", _without_references_elsewhere, priority=100)
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(lambda self, node: _write_math(self, node, "inline"), None),
        block_renderers=(lambda self, node: _write_math(self, node, "block"), None),
    )


html_math_renderer = "mathml"
