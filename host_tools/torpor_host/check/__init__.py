# SPDX-License-Identifier: MIT
"""What a model needs, and what the engine has."""
