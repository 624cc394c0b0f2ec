# SPDX-License-Identifier: MIT
"""Sensor chips as the board's bus sees them: one file a chip, register by register from its data sheet."""
