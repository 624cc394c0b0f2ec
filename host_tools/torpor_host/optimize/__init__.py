# SPDX-License-Identifier: MIT
"""Passes that make a model smaller and faster without changing a bit of its outputs; run.py runs them.

A pass is a function of one file: it changes a convert.graph.Model and returns how often. The proof that it is exact
stands on top of the file, and has a test of its own.
"""
