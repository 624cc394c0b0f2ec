# SPDX-License-Identifier: MIT
"""From trained weights to a plain `.tflite`, without TensorFlow."""
