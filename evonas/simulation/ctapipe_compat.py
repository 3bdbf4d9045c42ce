"""What differs between ctapipe's versions (tested with 0.23 and 0.32), told by what its containers have.

Newer ones keep the pointing of an event under ``event.monitoring`` instead of ``event.pointing``, and note an event
type with each telescope's trigger.
"""

from __future__ import annotations

from typing import Any

from ctapipe.containers import (
    ArrayEventContainer,
    EventType,
    TelescopePointingContainer,
    TelescopeTriggerContainer,
)

__all__ = ["point_array", "point_telescope", "telescope_trigger"]

_MONITORED = "pointing" not in ArrayEventContainer.fields


def point_array(event: ArrayEventContainer, altitude: Any, azimuth: Any) -> None:
    """Note where an event's array points; both are angles with a unit."""
    pointing = event.monitoring.pointing if _MONITORED else event.pointing
    pointing.array_altitude, pointing.array_azimuth = altitude, azimuth


def point_telescope(event: ArrayEventContainer, tel_id: int) -> None:
    """Note that a telescope points where its array does."""
    array = event.monitoring.pointing if _MONITORED else event.pointing
    own = TelescopePointingContainer(azimuth=array.array_azimuth, altitude=array.array_altitude)
    if _MONITORED:
        event.monitoring.tel[tel_id].pointing = own
    else:
        event.pointing.tel[tel_id] = own


def telescope_trigger(time: Any, event_type: EventType) -> TelescopeTriggerContainer:
    """Return a telescope's trigger: its time, and the event type where ctapipe notes one."""
    if "event_type" in TelescopeTriggerContainer.fields:
        return TelescopeTriggerContainer(time=time, event_type=event_type)
    return TelescopeTriggerContainer(time=time)
