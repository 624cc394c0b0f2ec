# SPDX-License-Identifier: MIT
"""Torpor on the device: sleep, wake on a sign, infer, report, sleep again.

    import asyncio, torpor
    from torpor import decide, sensors, wake

    app = torpor.Pipeline(
        source=sensors.open("mic"),
        wake=wake.Energy(-35, hang_ms=800),
        model=torpor.Model("keywords"),
        decide=decide.Smooth(3, threshold=0.8, refractory_ms=1000),
    )
    asyncio.run(app.run())

The native modules `tflm` and `dsp` are imported by the constructors that need them.
"""

from .model import Model
from .pipeline import Pipeline
