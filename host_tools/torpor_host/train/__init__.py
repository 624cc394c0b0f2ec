# SPDX-License-Identifier: MIT
"""Training for the board: networks in PyTorch that are quantised, made smaller, or taught by larger ones."""
