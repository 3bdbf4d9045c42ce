"""The toy events as a ctapipe event source, which ctapipe's ``DataWriter`` and any of its tools can take."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
from astropy.time import Time
from ctapipe.containers import (
    ArrayEventContainer,
    CoordinateFrameType,
    ObservationBlockContainer,
    ObservationBlockState,
    ObservingMode,
    PointingMode,
    SchedulingBlockContainer,
    SchedulingBlockType,
    SimulationConfigContainer,
)
from ctapipe.instrument import SubarrayDescription
from ctapipe.io import DataLevel, EventSource

from evonas.simulation.containers import array_event
from evonas.simulation.events import EventBlock, event_blocks
from evonas.simulation.settings import SimulationSettings
from evonas.simulation.showers import POINTING_AZIMUTH, ranges_of
from evonas.simulation.subarrays import subarray_of, telescopes_of

__all__ = ["ToyEventSource"]


class ToyEventSource(EventSource):  # type: ignore[misc]
    """Toy showers as events of ctapipe.

    Args:
        settings: what to simulate.
    """

    def __init__(self, settings: SimulationSettings, **kwargs: Any) -> None:
        super().__init__(input_url=Path("toy-showers"), **kwargs)
        self.settings = settings
        self._subarray = subarray_of(settings)
        self.telescopes = telescopes_of(self._subarray)
        self.ranges = ranges_of(settings, self.telescopes)

    @staticmethod
    def is_compatible(file_path: Path) -> bool:
        """Return False: no file is read."""
        return False

    @property
    def subarray(self) -> SubarrayDescription:
        """Return the telescopes."""
        return self._subarray

    @property
    def is_simulation(self) -> bool:
        """Return True."""
        return True

    @property
    def datalevels(self) -> tuple[Any, ...]:
        """Return what the events hold: images and their parameters."""
        return (DataLevel.DL1_IMAGES, DataLevel.DL1_PARAMETERS)

    @property
    def scheduling_blocks(self) -> dict[int, Any]:
        """Return one scheduling block, by its number."""
        block = SchedulingBlockContainer(
            sb_id=np.uint64(self.settings.run),
            sb_type=SchedulingBlockType.OBSERVATION,
            producer_id="evonas toy simulation",
            observing_mode=ObservingMode.UNKNOWN,
            pointing_mode=PointingMode.DRIFT,
        )
        return {self.settings.run: block}

    @property
    def observation_blocks(self) -> dict[int, Any]:
        """Return one observation block, by the run number."""
        block = ObservationBlockContainer(
            obs_id=np.uint64(self.settings.run),
            sb_id=np.uint64(self.settings.run),
            producer_id="evonas toy simulation",
            state=ObservationBlockState.UNKNOWN,
            subarray_pointing_lat=self.settings.altitude * u.deg,
            subarray_pointing_lon=POINTING_AZIMUTH * u.deg,
            subarray_pointing_frame=CoordinateFrameType.ALTAZ,
            actual_start_time=Time(60000, format="mjd", scale="tai"),
            scheduled_start_time=Time(60000, format="mjd", scale="tai"),
        )
        return {self.settings.run: block}

    @property
    def simulation_config(self) -> dict[int, Any]:
        """Return what was thrown, by the run number; ``n_showers`` is known after the last event."""
        settings, ranges = self.settings, self.ranges
        altitude, azimuth = np.radians(settings.altitude) * u.rad, np.radians(POINTING_AZIMUTH) * u.rad
        config = SimulationConfigContainer(
            run_number=np.int32(settings.run),
            energy_range_min=ranges.energy_min * u.TeV,
            energy_range_max=ranges.energy_max * u.TeV,
            prod_site_alt=self.telescopes.site_height * u.m,
            spectral_index=settings.spectral_index,
            shower_reuse=1.0,
            min_alt=altitude,
            max_alt=altitude,
            min_az=azimuth,
            max_az=azimuth,
            diffuse=settings.is_diffuse,
            min_viewcone_radius=0 * u.deg,
            max_viewcone_radius=ranges.view_cone * u.deg,
            min_scatter_range=0 * u.m,
            max_scatter_range=ranges.max_impact * u.m,
            core_pos_mode=0.0,
        )
        return {settings.run: config}

    def blocks(self) -> Generator[EventBlock, None, None]:
        """Give the events in blocks of arrays, which is quick."""
        yield from event_blocks(self.settings, self.telescopes)

    def _generator(self) -> Generator[ArrayEventContainer, None, None]:
        """Give the events one by one, as ctapipe's containers."""
        for block in self.blocks():
            for row in range(len(block.showers)):
                yield array_event(block, row, self.settings)
