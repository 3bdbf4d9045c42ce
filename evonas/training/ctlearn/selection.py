"""Which telescopes of the DL1 files are read; the files must agree on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from evonas.errors import DataError, nearest
from evonas.training.ctlearn.dl1 import Dl1File
from evonas.training.ctlearn.expressions import check_quality
from evonas.training.ctlearn.options import CtlearnOptions

__all__ = ["Selection", "select"]

_POINTING = frozenset({"telescope_pointing_azimuth", "telescope_pointing_altitude"})


@dataclass(frozen=True)
class Selection:
    """The telescopes that are read.

    Attributes:
        telescope_type: ctapipe's name of their type, such as ``LST_LST_LSTCam``.
        tel_ids: their numbers, ascending.
    """

    telescope_type: str
    tel_ids: tuple[int, ...]


def select(files: Sequence[Dl1File], options: CtlearnOptions) -> Selection:
    """Choose the telescopes, and check that each file has them, and what the quality cuts look at.

    Args:
        files: what was found in each file.
        options: with ``telescope_type``, ``telescopes``, ``mode`` and ``quality``.

    Raises:
        DataError: if files hold several telescope types and none is chosen, an unknown type or telescope is chosen,
            two files have different cameras, a telescope has no images in a file, or a cut looks at an unknown column.
    """
    telescope_type = _type(files, options)
    first = files[0]
    tel_ids = _chosen(_of_type(first, telescope_type), first, telescope_type, options)
    for file in files:
        _check_cameras(file, first, telescope_type, tel_ids)
        if options.telescopes is None:
            _check_array(file, first, telescope_type)
        _check_images(file, tel_ids)
        joined = file.shower | _POINTING if options.mode == "mono" else frozenset()
        check_quality(options.quality, file.parameters | joined, file.path)
    return Selection(telescope_type, tel_ids)


def _type(files: Sequence[Dl1File], options: CtlearnOptions) -> str:
    wanted = set(options.telescopes or ())
    for file in files:
        there = Counter(type_ for tel_id, type_ in file.telescopes.items() if not wanted or tel_id in wanted)
        if options.telescope_type is None and len(there) > 1:
            raise DataError(
                "the file holds several types of telescopes, and none is chosen",
                file=file.path,
                key="data.options.telescope_type",
                got=options.telescope_type,
                expected=f"one of {_listed(there)}",
                hint=f"set data.options.telescope_type: {sorted(there)[0]}",
            )
        if options.telescope_type is not None and options.telescope_type not in set(file.telescopes.values()):
            known = Counter(file.telescopes.values())
            close = nearest(options.telescope_type, known)
            raise DataError(
                "the file holds no telescope of this type",
                file=file.path,
                key="data.options.telescope_type",
                got=options.telescope_type,
                expected=f"one of {_listed(known)}",
                hint=f"did you mean `{close}`?" if close else "ctapipe's name is type, optics and camera",
            )
    if options.telescope_type is not None:
        return options.telescope_type
    first = files[0]
    return next((type_ for tel_id, type_ in first.telescopes.items() if not wanted or tel_id in wanted), "")


def _chosen(of_type: tuple[int, ...], file: Dl1File, type_: str, options: CtlearnOptions) -> tuple[int, ...]:
    if options.telescopes is None:
        return of_type
    unknown = sorted(set(options.telescopes) - set(of_type))
    if unknown or not options.telescopes:
        raise DataError(
            f"telescope {unknown[0]} is not there" if unknown else "no telescope is chosen",
            file=file.path,
            key="data.options.telescopes",
            got=list(options.telescopes),
            expected=f"numbers among {_numbers(of_type) or _numbers(tuple(sorted(file.telescopes)))}"
            + (f", of the type {type_}" if of_type else ""),
            hint="leave it out to read all telescopes of the type",
        )
    return tuple(sorted(set(options.telescopes)))


def _check_cameras(file: Dl1File, first: Dl1File, telescope_type: str, tel_ids: tuple[int, ...]) -> None:
    for tel_id in tel_ids:
        here = file.telescopes.get(tel_id, "no such telescope")
        if here != telescope_type:
            raise DataError(
                f"the files have different cameras: telescope {tel_id} is not what it is in {first.path}",
                file=file.path,
                key=file.key,
                got=here,
                expected=telescope_type,
                hint="read files of one telescope type at a time",
            )


def _check_array(file: Dl1File, first: Dl1File, telescope_type: str) -> None:
    here, there = _of_type(file, telescope_type), _of_type(first, telescope_type)
    if here != there:
        raise DataError(
            f"the files have different arrays: its telescopes are not those of {first.path}",
            file=file.path,
            key=file.key,
            got=_numbers(here),
            expected=_numbers(there),
            hint="choose telescopes that all files have with data.options.telescopes",
        )


def _check_images(file: Dl1File, tel_ids: tuple[int, ...]) -> None:
    empty = sorted(set(tel_ids) - file.with_images)
    if empty:
        there = tuple(sorted(set(tel_ids) & file.with_images))
        raise DataError(
            f"telescope {empty[0]} has no images in the file",
            file=file.path,
            key=file.key,
            got=f"images of the telescopes {_numbers(there) or 'none'}",
            expected=f"images of the telescopes {_numbers(tel_ids)}",
            hint=f"set data.options.telescopes: [{_numbers(there)}]" if there else "write the file again with images",
        )


def _of_type(file: Dl1File, telescope_type: str) -> tuple[int, ...]:
    return tuple(sorted(tel_id for tel_id, type_ in file.telescopes.items() if type_ == telescope_type))


def _numbers(tel_ids: tuple[int, ...]) -> str:
    return ", ".join(str(tel_id) for tel_id in tel_ids)


def _listed(types: Counter[str]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in sorted(types.items()))
