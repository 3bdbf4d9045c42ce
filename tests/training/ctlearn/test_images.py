"""Images and labels are those of CTLearn's own loader, bit by bit."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

pytest.importorskip("ctlearn")

from evonas.errors import DataError
from evonas.training.ctlearn.dl1 import inspect
from evonas.training.ctlearn.images import ImageBlocks, unmapped_images
from evonas.training.ctlearn.inputs import find_inputs
from evonas.training.ctlearn.options import CHANNELS, MAPPERS, CtlearnOptions
from evonas.training.ctlearn.reading import open_reader, read_events
from evonas.training.ctlearn.selection import select
from evonas.training.ctlearn.source import CtlearnSource

pytestmark = pytest.mark.filterwarnings("ignore::astropy.utils.metadata.MergeConflictWarning")

SQUARE = "SquareMapper"
NOT_OF_THIS_CAMERA = "OversamplingMapper"  # dl1_data_handler makes a grid that is not square of it
EVERY_TASK = ("type", "energy", "skydirection")
ORDERS = (CHANNELS, ("cleaned_relative_peak_time", "peak_time", "relative_peak_time", "image"))


def loaders(folder, mode, mapper="BilinearMapper", channels=("image", "peak_time"), tasks=EVERY_TASK, **how):
    """Return CTLearn's inputs and labels of all events."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow 2.14 uses names that ml_dtypes has given up
        from ctlearn.core.loader import DLDataLoader
    from dl1_data_handler.reader import DLImageReader

    reader = DLImageReader(
        input_url_signal=[str(path) for path in folder.glob("gamma*")],
        input_url_background=[str(path) for path in folder.glob("proton*")],
        mode=mode,
        image_mapper_type=mapper,
        channels=list(channels),
    )
    count = len(reader.example_identifiers if mode == "mono" else reader.unique_example_identifiers)
    inputs, labels = DLDataLoader(reader, list(range(count)), tasks=list(tasks), batch_size=count, **how)[0]
    weights = reader.class_weight
    for file in reader.files.values():
        file.close()
    return inputs["input"] if isinstance(inputs, dict) else inputs, labels, weights


@pytest.mark.parametrize("mapper", [name for name in MAPPERS if name not in (SQUARE, NOT_OF_THIS_CAMERA)])
def test_mono_images_of_every_mapper(dl1, load, mapper):
    images, _, _ = loaders(dl1.mono, "mono", mapper)
    found = load(mapper=mapper)
    assert found.inputs.dtype == images.dtype == np.float32
    np.testing.assert_array_equal(found.inputs, images)
    assert np.ptp(found.inputs) > 100


@pytest.mark.parametrize("channels", ORDERS, ids=["all", "the cleaned one changes those after it"])
def test_all_channels(dl1, load, channels):
    found = load(channels=channels, mapper="AxialMapper")
    np.testing.assert_array_equal(found.inputs, loaders(dl1.mono, "mono", "AxialMapper", channels)[0])
    assert found.input_names == channels


def test_mono_labels_of_all_tasks(dl1, load):
    tasks = ("type", "energy", "cameradirection", "skydirection")
    _, labels, weights = loaders(dl1.mono, "mono", "AxialMapper", tasks=tasks)
    found = load(tasks=tasks[::-1], mapper="AxialMapper")
    assert [head.name for head in found.heads] == list(tasks)
    assert found.targets.dtype == np.float32
    expected = [labels["type"][:, 1:], labels["energy"][:, None], labels["cameradirection"], labels["skydirection"]]
    np.testing.assert_array_equal(found.targets, np.concatenate(expected, axis=1).astype(np.float32))
    assert found.facts["class_weight"] == pytest.approx([weights[0], weights[1]], rel=1e-12)


@pytest.mark.parametrize("stack", [False, True], ids=["apart", "stacked"])
@pytest.mark.parametrize("sort", [False, True], ids=["by number", "by size"])
def test_stereo(dl1, load, stack, sort):
    how = {"sort_by_intensity": sort, "stack_telescope_images": stack}
    images, labels, weights = loaders(dl1.stereo, "stereo", "AxialMapper", **how)
    found = load("stereo", mapper="AxialMapper", stack=stack, sort_by_size=sort, tasks=EVERY_TASK)
    np.testing.assert_array_equal(found.inputs, images)
    expected = [labels["type"][:, 1:], labels["energy"][:, None], labels["skydirection"]]
    np.testing.assert_array_equal(found.targets, np.concatenate(expected, axis=1).astype(np.float32))
    assert found.facts["class_weight"] == pytest.approx([weights[0], weights[1]], rel=1e-12)
    assert (found.events["multiplicity"] < 4).any(), "some telescopes are absent"


def test_absent_telescopes_are_zero_and_the_brightest_comes_first(load):
    found = load("stereo", mapper="AxialMapper", sort_by_size=True)
    present = np.abs(found.inputs).reshape(*found.inputs.shape[:2], -1).max(axis=2) > 0
    np.testing.assert_array_equal(present.sum(axis=1), found.events["multiplicity"])
    np.testing.assert_array_equal(present, np.sort(present, axis=1)[:, ::-1])


def test_an_image_of_another_size_is_made_or_refused(load):
    """Of dl1_data_handler 0.14 the mappers do not hear of their options."""
    try:
        found = load(mapper_options={"interpolation_image_shape": 30})
    except DataError as error:
        assert error.key == "data.options.mapper_options.interpolation_image_shape"
        assert "42 rows" in error.expected
    else:
        assert found.inputs.shape[1:] == (30, 30, 2)
        assert found.facts["image_shape"] == 30


@pytest.fixture
def blocks(dl1):
    """The images of the mono files, not cached."""
    options = CtlearnOptions(
        signal=f"{dl1.mono}/gamma_*.h5", background=f"{dl1.mono}/proton_*.h5", mapper="AxialMapper"
    )
    inputs = find_inputs(options, None)
    selection = select([inspect(path, "signal") for path in inputs.all], options)
    with open_reader(inputs, selection, options) as reader:
        yield ImageBlocks(reader, read_events(reader, options), options)


def test_the_mappers_table_does_the_work(blocks):
    images = np.concatenate(list(blocks))
    assert images.shape == blocks.shape
    assert blocks.vectorised


def test_where_the_quick_way_differs_the_readers_own_functions_do_the_work(blocks, monkeypatch):
    expected = np.concatenate(list(blocks))
    again = ImageBlocks(blocks._reader, blocks._events, blocks._options)
    wrong = lambda records, channels, transforms: unmapped_images(records, channels, transforms) + 1  # noqa: E731
    monkeypatch.setattr("evonas.training.ctlearn.images.unmapped_images", wrong)
    np.testing.assert_array_equal(np.concatenate(list(again)), expected)
    assert not again.vectorised


@pytest.mark.parametrize("stored", [np.float32, np.uint16])
@pytest.mark.parametrize("channels", ORDERS)
def test_unmapped_images_as_of_one(stored, channels):
    """Scaled integers too, which DL1 files hold where they are compressed so."""
    from dl1_data_handler.reader import get_unmapped_image

    rng = np.random.default_rng(1)
    layout = [("image", stored, 50), ("peak_time", stored, 50), ("image_mask", bool, 50)]
    records = np.zeros(20, layout)
    records["image"], records["peak_time"] = rng.uniform(0, 900, (2, 20, 50))
    records["image_mask"] = rng.random((20, 50)) < 0.3
    integers = stored is np.uint16
    transforms = {
        "image_scale": np.float64(10.0 if integers else 0.0),
        "image_offset": 5 if integers else 0,
        "peak_time_scale": np.float64(3.0 if integers else 0.0),
        "peak_time_offset": 2 if integers else 0,
    }
    before = records.copy()
    found = unmapped_images(records, channels, transforms)
    np.testing.assert_array_equal(records, before)
    one_by_one = [get_unmapped_image(record.copy(), list(channels), transforms) for record in records]
    np.testing.assert_array_equal(found, np.stack(one_by_one))


def test_lst_camera_with_oversampling(tmp_path, cache):
    from evonas.simulation import simulate

    for run, particle in ((1, "gamma"), (2, "proton")):
        simulate(tmp_path / f"{particle}.h5", particle, 6, run, camera="lst", run=run)
    options = {"signal": f"{tmp_path}/gamma.h5", "background": f"{tmp_path}/proton.h5", "mapper": NOT_OF_THIS_CAMERA}
    found = CtlearnSource().load(CtlearnOptions(**options), None)
    np.testing.assert_array_equal(found.inputs, loaders(tmp_path, "mono", NOT_OF_THIS_CAMERA)[0])


def test_the_mappers_are_those_of_dl1_data_handler():
    """Of every version: newer ones have others besides."""
    from dl1_data_handler import image_mapper
    from dl1_data_handler.reader import DLImageReader

    newer = {"HexagdlyMapper"}, {"log_image", "log_cleaned_image"}
    assert set(MAPPERS) == set(image_mapper.__all__) - {"ImageMapper"} - newer[0]
    assert set(CHANNELS) == set(DLImageReader.channels._trait.values) - newer[1]
