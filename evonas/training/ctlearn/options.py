"""What a configuration may say under ``data.options`` of the source ``ctlearn``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from evonas.training.data import protocol

__all__ = ["CHANNELS", "DEFAULT_QUALITY", "MAPPERS", "RESIZING_MAPPERS", "CtlearnOptions", "Paths"]

Task = Literal["type", "energy", "cameradirection", "skydirection"]
Channel = Literal[
    "image",
    "cleaned_image",
    "peak_time",
    "relative_peak_time",
    "cleaned_peak_time",
    "cleaned_relative_peak_time",
]
Mapper = Literal[
    "AxialMapper",
    "BicubicMapper",
    "BilinearMapper",
    "NearestNeighborMapper",
    "OversamplingMapper",
    "RebinMapper",
    "ShiftingMapper",
    "SquareMapper",
]

CHANNELS: tuple[str, ...] = Channel.__args__  # type: ignore[attr-defined]
"""Channels of dl1_data_handler's ``DLImageReader``."""

MAPPERS: tuple[str, ...] = Mapper.__args__  # type: ignore[attr-defined]
"""Image mapping methods of dl1_data_handler."""

RESIZING_MAPPERS = ("BicubicMapper", "BilinearMapper", "NearestNeighborMapper", "RebinMapper")
"""Mappers with the option ``interpolation_image_shape``: rows of the mapped image, pixels."""

DEFAULT_QUALITY: tuple[tuple[str, str], ...] = (("> 50 phe", "hillas_intensity > 50"),)
"""CTLearn's own quality cuts: name and expression over DL1 parameters."""

Paths = str | tuple[str, ...]
"""A file, a folder (its ``*.h5`` and ``*.hdf5`` files) or a pattern such as ``gamma_*.dl1.h5``; or several."""


class CtlearnOptions(protocol.Options):
    """Which DL1 files are read, which of their events, and how images are made of them."""

    signal: Paths
    """Files of class 1: a file, a folder, a pattern such as `gamma_*.h5`, or a list of these."""
    background: Paths | Mapping[str, Paths] = ()
    """Files of class 0, likewise; several particle types as a mapping such as {proton: [...], electron: [...]}."""
    tasks: Annotated[tuple[Task, ...], Field(min_length=1)] = ("type",)
    """What is learned, one or several of: type, energy, cameradirection (mono), skydirection."""
    mode: Literal["mono", "stereo"] = "mono"
    """`mono`: one telescope's image is an event; `stereo`: the images of all telescopes."""
    telescope_type: str | None = None
    """ctapipe's name, such as LST_LST_LSTCam; needed where the files hold several types."""
    telescopes: tuple[int, ...] | None = None
    """Numbers of the telescopes that are read; all of the type by default."""
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = ("image", "peak_time")
    """Channels of the images, in this order."""
    mapper: Mapper = "BilinearMapper"
    """How camera pixels become a square image: dl1_data_handler's name of the method."""
    mapper_options: Mapping[str, int] = {}
    """Options of the mapper: interpolation_image_shape, the rows of the image, for the methods that resize."""
    quality: tuple[tuple[str, str], ...] = DEFAULT_QUALITY
    """Quality cuts, a list of [name, expression over DL1 parameters]; CTLearn's own by default, [] for none."""
    min_telescopes: Annotated[int, Field(ge=1)] = 1
    """Stereo: events with fewer telescopes after the quality cuts are left out."""
    stack: bool = False
    """Stereo: the telescopes' images become channels of one image; otherwise they are kept apart."""
    sort_by_size: bool = False
    """Stereo: telescopes in the order of their Hillas intensity, the brightest first; otherwise of their numbers."""
    split_by: Literal["event", "run"] = "event"
    """What is never shared out between training, validation and test: a shower, or a whole run (obs_id)."""
    cache: str | None = None
    """Folder of the image cache; by default $EVONAS_CACHE, or evonas in the user's cache folder."""
    max_events: Annotated[int, Field(ge=1)] | None = None
    """At most so many events, drawn at random in equal proportions of both classes; all by default."""
    focal_length_choice: Literal["effective", "equivalent"] = "effective"
    """Which focal length of the optics camera coordinates are made with, ctapipe's `focal_length_choice`."""

    @model_validator(mode="after")
    def _fit_together(self) -> CtlearnOptions:
        for name, values in (("tasks", self.tasks), ("channels", self.channels)):
            if len(set(values)) != len(values):
                raise ValueError(f"`{name}` names one of them twice: {', '.join(values)}")
        self._check_mapper()
        if self.mode == "mono":
            stereo_only = {"stack": self.stack, "sort_by_size": self.sort_by_size}
            asked = [name for name, value in stereo_only.items() if value]
            asked += ["min_telescopes"] if self.min_telescopes > 1 else []
            if asked:
                raise ValueError(f"`{asked[0]}` is for `mode: stereo`; a mono event has one telescope")
        elif "cameradirection" in self.tasks:
            raise ValueError("the task `cameradirection` is for `mode: mono`; in stereo it is `skydirection`")
        return self

    def _check_mapper(self) -> None:
        for name, value in self.mapper_options.items():
            if name != "interpolation_image_shape" or self.mapper not in RESIZING_MAPPERS:
                raise ValueError(
                    f"`{self.mapper}` has no option `{name}` that can be set here; "
                    f"interpolation_image_shape goes with {', '.join(RESIZING_MAPPERS)}"
                )
            if value < 4:
                raise ValueError(f"interpolation_image_shape is {value}; an image has at least 4 rows")
