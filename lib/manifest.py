# SPDX-License-Identifier: MIT
# What a firmware with Torpor freezes: asyncio and the device package.
include("$(MPY_DIR)/extmod/asyncio")
package("torpor")
