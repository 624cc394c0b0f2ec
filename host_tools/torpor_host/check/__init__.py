# SPDX-License-Identifier: MIT
"""What a model needs and is worth, before it is put on a board."""
