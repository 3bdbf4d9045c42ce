"""Array events: showers are thrown until enough of them have triggered the telescopes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evonas.errors import ConfigError
from evonas.simulation.atmosphere import height_of
from evonas.simulation.cascades import Cascades, Muons, cascades_of, first_interaction_depth, muons_of
from evonas.simulation.cleaning import tail_cuts
from evonas.simulation.images import Readout, expected_light, read_out
from evonas.simulation.light import Rings, Spots, distance_to_axis, expected_charges, muon_rings, spots_of
from evonas.simulation.parameters import Columns, image_parameters, true_parameters
from evonas.simulation.settings import SimulationSettings
from evonas.simulation.showers import Ranges, Showers, pointing_axes, ranges_of, throw
from evonas.simulation.subarrays import Telescopes

__all__ = ["EventBlock", "TelescopeImages", "event_blocks"]

_BLOCK = 4_000_000  # pixels of all telescopes in a block
_MOST_SHOWERS = 4000
_LEAST_CHARGE = 20.0  # photoelectrons: images with less cannot trigger
_FAINTEST = 0.05  # photoelectrons: fainter spots are left out
_FRUITLESS = 200_000  # showers

Index = NDArray[np.int64]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class TelescopeImages:
    """The images of one telescope in a block of events, sorted by event."""

    event: Index
    """(images,): the event's place in its block."""
    readout: Readout
    mask: NDArray[np.bool_]
    """(images, pixels): the pixels kept by tail cuts."""
    parameters: Columns
    true_parameters: Columns
    """Those of the images before noise; empty unless true images are written."""
    impact: Array
    """(images,): distance of the telescope to the shower axis in m."""

    def take(self, which: NDArray[np.bool_], event: Index) -> TelescopeImages:
        """Return some of the images, with the places of their events."""
        return TelescopeImages(
            event=event[which],
            readout=self.readout.take(which),
            mask=self.mask[which],
            parameters={name: column[which] for name, column in self.parameters.items()},
            true_parameters={name: column[which] for name, column in self.true_parameters.items()},
            impact=self.impact[which],
        )

    def __len__(self) -> int:
        return len(self.event)


@dataclass(frozen=True)
class EventBlock:
    """Triggered events with their images."""

    first: int
    """The place of the block's first event in its file, from 0."""
    showers: Showers
    first_interaction: Array
    """Height in m above sea level."""
    maximum: Array
    """Slant depth of the light's maximum in g/cm2."""
    telescopes: dict[int, TelescopeImages]
    """By telescope id; the telescopes with at least one image."""
    thrown: int
    """Showers thrown so far, with these."""

    @property
    def images(self) -> int:
        """Return the number of images."""
        return sum(len(images) for images in self.telescopes.values())


@dataclass(frozen=True)
class _Pairs:
    """Images that may trigger: (images,) the shower and the telescope of each, sorted by both."""

    shower: Index
    telescope: Index
    number: Index
    """(showers, telescopes): the image's index, or -1."""


def event_blocks(settings: SimulationSettings, telescopes: Telescopes) -> Iterator[EventBlock]:
    """Throw showers in blocks and give those that trigger, until there are enough.

    The same settings give the same events.

    Raises:
        ConfigError: if the telescopes are fewer than an event needs, or none of many showers triggers.
    """
    needed = settings.min_telescopes or min(2, len(telescopes))
    if needed > len(telescopes):
        raise ConfigError(
            "there are fewer telescopes than an event needs",
            key="min_telescopes",
            got=needed,
            expected=f"<= {len(telescopes)}",
        )
    rng = np.random.default_rng([settings.seed, settings.run, settings.primary_id])
    ranges = ranges_of(settings, telescopes)
    pixels = sum(telescopes.cameras[camera].pixels for camera in telescopes.camera_of)
    step = int(np.clip(_BLOCK // pixels, 20, _MOST_SHOWERS))
    done = thrown = 0
    while done < settings.events:
        thrown += step
        block = _block(rng, step, settings, ranges, telescopes, needed)
        if block is not None:
            block = _cut(block, settings.events - done, done, thrown)
            done += len(block.showers)
            yield block
        elif done == 0 and thrown >= _FRUITLESS:
            raise ConfigError(
                f"none of {thrown:,} showers triggered {needed} telescopes",
                key="simulation",
                hint="raise energy_min, or lower trigger_threshold, max_impact or min_telescopes",
            )


def _block(
    rng: np.random.Generator,
    number: int,
    settings: SimulationSettings,
    ranges: Ranges,
    telescopes: Telescopes,
    needed: int,
) -> EventBlock | None:
    showers = throw(rng, number, settings, ranges, telescopes)
    first = first_interaction_depth(rng, number, settings.particle)
    height = height_of(first * showers.axis[:, 2])
    cascades = cascades_of(
        rng,
        showers,
        first,
        settings.particle,
        settings.proton_complexity,
        np.maximum(height - telescopes.site_height, 1000.0),
    )
    muons = muons_of(rng, showers, settings.particle)
    seen = _seen(rng, showers, cascades, muons, settings, telescopes)
    counts = np.zeros(number, np.int64)
    for images in seen.values():
        counts[images.event] += 1
    chosen = np.flatnonzero(counts >= needed)
    if not len(chosen):
        return None
    place = np.full(number, -1)
    place[chosen] = np.arange(len(chosen))
    brightest = np.r_[True, cascades.shower[1:] != cascades.shower[:-1]]
    return EventBlock(
        first=0,
        showers=showers.take(chosen),
        first_interaction=height[chosen],
        maximum=(cascades.maximum[brightest] / showers.axis[:, 2])[chosen],
        telescopes=_placed(seen, place),
        thrown=0,
    )


def _placed(seen: dict[int, TelescopeImages], place: Index) -> dict[int, TelescopeImages]:
    """Keep the images of events that have a place, and number them by it."""
    kept = {}
    for tel_id, images in seen.items():
        event = place[images.event]
        here = event >= 0
        if here.any():
            kept[tel_id] = images.take(here, event)
    return kept


def _cut(block: EventBlock, most: int, first: int, thrown: int) -> EventBlock:
    """Keep the first events of a block, and say where in the file they are."""
    number = min(most, len(block.showers))
    place = np.where(np.arange(len(block.showers)) < number, np.arange(len(block.showers)), -1)
    return EventBlock(
        first=first,
        showers=block.showers.take(np.arange(number)),
        first_interaction=block.first_interaction[:number],
        maximum=block.maximum[:number],
        telescopes=_placed(block.telescopes, place),
        thrown=thrown,
    )


def _seen(
    rng: np.random.Generator,
    showers: Showers,
    cascades: Cascades,
    muons: Muons,
    settings: SimulationSettings,
    telescopes: Telescopes,
) -> dict[int, TelescopeImages]:
    """Return the triggered images of each telescope."""
    expected = expected_charges(cascades, telescopes)
    total = np.zeros((len(showers), len(telescopes)))
    np.add.at(total, cascades.shower, expected)
    bright = total > _LEAST_CHARGE
    view = pointing_axes(settings.altitude)
    seen = {}
    for index, camera in enumerate(telescopes.cameras):
        mine = telescopes.camera_of == index
        pairs = _pairs(bright & mine)
        spots, rings = _sources(pairs, cascades, expected, muons, telescopes, view)
        light = expected_light(spots, rings, len(pairs.shower), camera)
        fired, readout = read_out(rng, light, camera, settings)
        shower, telescope = pairs.shower[fired], pairs.telescope[fired]
        mask = tail_cuts(readout.charge, camera, settings.picture_threshold, settings.boundary_threshold)
        core = np.concatenate([showers.core, np.zeros((len(showers), 1))], axis=1)
        everything = TelescopeImages(
            event=shower,
            readout=readout,
            mask=mask,
            parameters=image_parameters(readout.charge, readout.peak_time, mask, camera),
            true_parameters=true_parameters(readout.true, camera) if settings.true_images else {},
            impact=distance_to_axis(core[shower], showers.axis[shower], telescopes.positions[telescope]),
        )
        for place in np.unique(telescope):
            seen[int(telescopes.ids[place])] = everything.take(telescope == place, shower)
    return dict(sorted(seen.items()))


def _pairs(bright: NDArray[np.bool_]) -> _Pairs:
    shower, telescope = np.nonzero(bright)
    number = np.full(bright.shape, -1)
    number[shower, telescope] = np.arange(len(shower))
    return _Pairs(shower, telescope, number)


def _sources(
    pairs: _Pairs, cascades: Cascades, expected: Array, muons: Muons, telescopes: Telescopes, view: Array
) -> tuple[Spots, Rings]:
    """Return the light in the images: every cascade and every muon in every image of its shower."""
    cascade, telescope, image = _matched(pairs, cascades.shower)
    spots = spots_of(cascades, cascade, image, telescope, expected[cascade, telescope], telescopes, view)
    muon, telescope, image = _matched(pairs, muons.shower)
    rings = muon_rings(muons, muon, image, telescope, telescopes, view)
    return spots.take(spots.charge > _FAINTEST), rings.take(rings.charge > _FAINTEST)


def _matched(pairs: _Pairs, shower: Index) -> tuple[Index, Index, Index]:
    """Return part, telescope and image of every pair of a shower's part and an image of it, sorted by image."""
    number = pairs.number[shower]
    part, telescope = np.nonzero(number >= 0)
    image = number[part, telescope]
    order = np.argsort(image, kind="stable")
    return part[order], telescope[order], image[order]
