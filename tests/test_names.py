"""A class name stands for one thing, and a module of ours needs no other name at import."""

import ast
from collections import defaultdict
from pathlib import Path

from tests.floors import OURS, ROOT, source_files


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def test_a_class_name_stands_for_one_thing():
    files = defaultdict(list)
    for path in source_files():
        for node in tree_of(path).body:
            if isinstance(node, ast.ClassDef):
                files[node.name].append(path.relative_to(ROOT).as_posix())
    several = {name: where for name, where in files.items() if len(where) > 1}
    assert not several, several


def test_a_module_of_ours_is_imported_by_its_own_name():
    renamed = []
    for path in source_files():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in OURS:
                renamed += [
                    f"{path.relative_to(ROOT)}: {alias.name} as {alias.asname}"
                    for alias in node.names
                    if alias.asname
                ]
    assert not renamed, renamed
