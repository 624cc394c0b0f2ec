# SPDX-License-Identifier: MIT
"""Stands in for pyocd 0.46 with an ST-LINK attached; prints what the real one prints."""
