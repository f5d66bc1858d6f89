# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""Small trees of files, for tests of the checks that read one."""

import pathlib
import tempfile


def with_tree(tree, use):
    """with_tree returns use(root) of a folder that holds `tree`, text by name."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in tree.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding='utf-8')
        return use(root)
