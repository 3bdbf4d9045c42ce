"""What a simulated file is made of: particle, number, telescopes, spectrum, directions, noise and cleaning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evonas.errors import ConfigError, nearest

__all__ = ["PARTICLE_IDS", "Camera", "Particle", "SimulationSettings", "checked_settings"]

Particle = Literal["gamma", "proton"]
Camera = Literal["small", "lst"]

PARTICLE_IDS: dict[str, int] = {"gamma": 0, "proton": 101}
"""CTAO's numbers for the primary particle: 0 for a gamma, 100 A + Z for a nucleus."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SimulationSettings(BaseModel):
    """The settings of one simulated file; lengths in m, angles in deg, energies in TeV, charges in photoelectrons."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    particle: Particle = "gamma"
    events: int = Field(1000, ge=1, le=10_000_000)
    """Triggered array events to write."""
    seed: int = Field(0, ge=0)
    run: int = Field(1, ge=0, le=2**31 - 1)
    """The run number, which becomes ``obs_id``: different files need different ones."""

    camera: Camera | None = None
    """A camera made here; None: ``small``, unless ``subarray`` is given."""
    telescopes: int | None = Field(None, ge=1, le=400)
    """How many telescopes; default: 1 with ``camera``, all with ``subarray``."""
    subarray: Path | None = None
    """A file of ctapipe's ``SubarrayDescription.to_hdf``."""
    telescope_type: str | None = None
    """Only the telescopes of ``subarray`` of this type, such as ``MST_MST_NectarCam``."""
    min_telescopes: int | None = Field(None, ge=1)
    """Triggered telescopes of an array event; default: 2 where there are several, else 1."""

    energy_min: Positive | None = None
    """Default: 5 TeV over the mean mirror area in m2; three times as much for protons."""
    energy_max: Positive | None = None
    """Default: 300 times ``energy_min``."""
    spectral_index: float = Field(-2.0, ge=-5, le=0)
    max_impact: Positive | None = None
    """Radius of the circle the cores fall into, around the array's centre; default: 250 m beyond its telescopes."""
    diffuse: bool | None = None
    """Directions spread evenly over the cone of ``view_cone``, or one point source (gammas only); default: spread."""
    view_cone: NotNegative | None = Field(None, le=10)
    """Half-angle of the cone of directions; default: 0.6 of the camera's radius."""
    source_offset: float = Field(0.4, ge=-10, le=10)
    """Distance of the point source from the pointing, along the azimuth."""
    altitude: float = Field(70.0, ge=20, le=89)
    """Altitude of the pointing; its azimuth is 180."""

    night_sky: NotNegative = Field(1.5, le=1000)
    """Night-sky photoelectrons in a pixel's integration window, on average; their mean is subtracted."""
    electronic_noise: NotNegative = Field(0.8, le=100)
    trigger_threshold: Positive = 7.0
    """Charge that a pixel and three of its neighbours need, for the telescope to trigger."""
    picture_threshold: Positive = 7.0
    boundary_threshold: Positive = 3.5
    """Tail cuts: kept are pixels above the first, and their neighbours above the second."""
    proton_complexity: NotNegative = Field(1.0, le=10)
    """How far proton showers are from gamma showers: the mean number and spread of their sub-showers scales with it."""

    true_images: bool = True
    """Also write the images before noise and their parameters, without which ctapipe's event source reads no file."""

    @model_validator(mode="after")
    def _consistent(self) -> SimulationSettings:
        if self.camera is not None and self.subarray is not None:
            raise ValueError("camera and subarray exclude each other")
        if self.telescope_type is not None and self.subarray is None:
            raise ValueError("telescope_type chooses among the telescopes of a subarray file, and there is none")
        if self.particle == "proton" and self.diffuse is False:
            raise ValueError("protons come from everywhere: only gammas can have a point source (diffuse false)")
        if self.energy_min and self.energy_max and self.energy_min >= self.energy_max:
            raise ValueError("energy_max must be above energy_min")
        if self.boundary_threshold > self.picture_threshold:
            raise ValueError("boundary_threshold must not be above picture_threshold")
        if self.picture_threshold > self.trigger_threshold:
            raise ValueError("picture_threshold must not be above trigger_threshold: triggers would be cleaned away")
        return self

    @property
    def is_diffuse(self) -> bool:
        """Return whether the directions are spread over a cone."""
        return self.diffuse is not False

    @property
    def primary_id(self) -> int:
        """Return CTAO's number of the primary particle."""
        return PARTICLE_IDS[self.particle]


def checked_settings(**values: Any) -> SimulationSettings:
    """Make settings of keyword arguments.

    Raises:
        ConfigError: if a value is unknown, of the wrong type, out of range, or contradicts another.
    """
    try:
        return SimulationSettings(**values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if first["type"] == "extra_forbidden":
            word = str(first["loc"][0])
            near = nearest(word, SimulationSettings.model_fields)
            known = ", ".join(SimulationSettings.model_fields)
            raise ConfigError(
                "there is no such setting",
                key=word,
                expected=f"one of {known}",
                hint=f"did you mean {near}?" if near else None,
            ) from None
        key = ".".join(str(part) for part in first["loc"]) or None
        message = str(first["msg"]).removeprefix("Value error, ")
        if key is None:
            raise ConfigError(message) from None
        raise ConfigError(message, key=key, got=first.get("input")) from None
