# SPDX-License-Identifier: MIT
"""Sleeps until it hears something, then says which word it was."""

import asyncio

import torpor
from torpor import decide, sensors, wake

app = torpor.Pipeline(
    source=sensors.open("mic"),
    wake=wake.Energy(-35, hang_ms=800),
    model=torpor.Model("keywords"),
    decide=decide.Smooth(3, threshold=0.8, refractory_ms=1000),
)
asyncio.run(app.run())
