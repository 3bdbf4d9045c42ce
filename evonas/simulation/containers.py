"""One event of a block as ctapipe's containers."""

from __future__ import annotations

import astropy.units as u
import numpy as np
from astropy.time import Time
from ctapipe.containers import (
    ArrayEventContainer,
    ConcentrationContainer,
    Container,
    DL1CameraContainer,
    EventType,
    HillasParametersContainer,
    ImageParametersContainer,
    IntensityStatisticsContainer,
    LeakageContainer,
    MorphologyContainer,
    PeakTimeStatisticsContainer,
    SimulatedCameraContainer,
    SimulatedEventContainer,
    SimulatedShowerContainer,
    TelescopeImpactParameterContainer,
    TimingParametersContainer,
)

from evonas.simulation.ctapipe_compat import point_array, point_telescope, telescope_trigger
from evonas.simulation.events import EventBlock, TelescopeImages
from evonas.simulation.parameters import Columns
from evonas.simulation.settings import SimulationSettings
from evonas.simulation.showers import POINTING_AZIMUTH

__all__ = ["EVENT_SPACING", "START", "add_telescope", "array_event"]

START = 60000.0
"""Time of the first event, MJD (TAI)."""
EVENT_SPACING = 0.01 / 86400
"""Days between events."""

_PARAMETERS: dict[str, type[Container]] = {
    "hillas": HillasParametersContainer,
    "timing": TimingParametersContainer,
    "leakage": LeakageContainer,
    "concentration": ConcentrationContainer,
    "morphology": MorphologyContainer,
    "intensity_statistics": IntensityStatisticsContainer,
    "peak_time_statistics": PeakTimeStatisticsContainer,
}
_TIMES = ("timing", "peak_time_statistics")
_SINGLE = {"intensity_max", "intensity_min", "intensity_mean", "intensity_std", "leakage_intensity_width_1"}
_SINGLE |= {"leakage_intensity_width_2", "peak_time_max", "peak_time_min", "peak_time_mean", "peak_time_std"}


def array_event(block: EventBlock, row: int, settings: SimulationSettings) -> ArrayEventContainer:
    """Return an event of a block, with the images of all telescopes that it triggered."""
    event = ArrayEventContainer(count=block.first + row, simulation=SimulatedEventContainer())
    event.index.obs_id = np.uint64(settings.run)
    event.index.event_id = np.uint64(block.first + row + 1)
    event.simulation.shower = _shower(block, row, settings)
    point_array(event, np.radians(settings.altitude) * u.rad, np.radians(POINTING_AZIMUTH) * u.rad)
    event.trigger.time = Time(START + (block.first + row) * EVENT_SPACING, format="mjd", scale="tai")
    event.trigger.event_type = EventType.SUBARRAY
    event.trigger.tels_with_trigger = []
    for tel_id, images in block.telescopes.items():
        found = int(np.searchsorted(images.event, row))
        if found < len(images) and images.event[found] == row:
            add_telescope(event, tel_id, images, found, settings)
    return event


def add_telescope(
    event: ArrayEventContainer, tel_id: int, images: TelescopeImages, row: int, settings: SimulationSettings
) -> None:
    """Add a telescope's image to an event."""
    event.trigger.tels_with_trigger = [*event.trigger.tels_with_trigger, tel_id]
    event.trigger.tel[tel_id] = telescope_trigger(event.trigger.time, event.trigger.event_type)
    point_telescope(event, tel_id)
    event.dl1.tel[tel_id] = DL1CameraContainer(
        image=images.readout.charge[row],
        peak_time=images.readout.peak_time[row],
        image_mask=images.mask[row],
        is_valid=True,
        parameters=_parameters(images.parameters, row),
    )
    event.simulation.tel[tel_id] = SimulatedCameraContainer(
        true_image_sum=np.int32(images.readout.true[row].sum()),
        true_image=images.readout.true[row] if settings.true_images else None,
        true_parameters=_parameters(images.true_parameters, row, "true_") if settings.true_images else None,
        impact=TelescopeImpactParameterContainer(
            distance=images.impact[row] * u.m, distance_uncert=0.0 * u.m, prefix="true_impact"
        ),
    )


def _shower(block: EventBlock, row: int, settings: SimulationSettings) -> SimulatedShowerContainer:
    showers = block.showers
    return SimulatedShowerContainer(
        energy=showers.energy[row] * u.TeV,
        alt=showers.altitude[row] * u.deg,
        az=showers.azimuth[row] * u.deg,
        core_x=showers.core[row, 0] * u.m,
        core_y=showers.core[row, 1] * u.m,
        h_first_int=block.first_interaction[row] * u.m,
        x_max=block.maximum[row] * u.g / u.cm**2,
        starting_grammage=0.0 * u.g / u.cm**2,
        shower_primary_id=np.int16(settings.primary_id),
    )


def _parameters(columns: Columns, row: int, prefix: str = "") -> ImageParametersContainer:
    """Return the containers of parameters; a true image has no times."""
    return ImageParametersContainer(
        **{
            name: _filled(container, columns, row, prefix)
            for name, container in _PARAMETERS.items()
            if not prefix or name not in _TIMES
        }
    )


def _filled(container: type[Container], columns: Columns, row: int, prefix: str) -> Container:
    """Fill a container from the columns that bear its prefix."""
    filled = container(prefix=f"{prefix}{container.default_prefix}")
    for name, field in container.fields.items():
        column = f"{container.default_prefix}_{name}"
        value = columns[prefix + column][row]
        if field.unit is not None:
            filled[name] = float(value) * field.unit
        else:
            filled[name] = np.float32(value) if column in _SINGLE else value
    return filled
