# SPDX-License-Identifier: MIT
# What every emulated board needs frozen: mounting of its file system.
freeze("modules")
