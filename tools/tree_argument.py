# SPDX-FileCopyrightText: 2026 The gosling authors
# SPDX-License-Identifier: BSD-3-Clause

"""The command line of the checks of a tree: which tree, this one by default."""

import argparse
import pathlib


def parser(description):
    """parser returns one that takes the tree's root, and more if it is told so."""
    made = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument('root', nargs='?', type=pathlib.Path,
                      default=pathlib.Path(__file__).parent.parent,
                      help='the tree to check (this one)')
    return made
