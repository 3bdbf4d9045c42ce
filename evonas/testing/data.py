"""The contract of a data source as a test suite: subclass it, name the source and options, and pytest runs all of it.

::

    from evonas.testing.data import DataSourceContract

    class TestMySource(DataSourceContract):
        source = "my_source"                      # as registered under evonas.data

        def options(self, folder):                # write a small file into this empty folder, and name it
            write_my_file(folder / "events.dat")
            return {"file": "events.dat"}
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from evonas.config.schema import DataConfig
from evonas.errors import ConfigError, DataError
from evonas.training.data import (
    Arrays,
    DataSource,
    load_part,
    load_source,
    prepare,
    read_options,
    read_summary,
    source_names,
)

__all__ = ["DataSourceContract"]


class DataSourceContract(ABC):
    """What every data source keeps to.

    Attributes:
        source: the name it is registered under.
        file_option: name of its option that holds a path; None for a source without files.
    """

    source: ClassVar[str]
    file_option: ClassVar[str | None] = "file"

    @abstractmethod
    def options(self, folder: Path) -> dict[str, Any]:
        """Return options of a small, valid source; write its files into ``folder``, and name them relative to it."""

    def test_it_is_a_data_source(self) -> None:
        """It is found by its name, and says its name."""
        source = load_source(self.source)
        assert isinstance(source, DataSource)
        assert source.name == self.source
        assert self.source in source_names()

    def test_an_unknown_option_is_named(self, tmp_path: Path) -> None:
        """An option that it does not have is an error that names its key."""
        with pytest.raises(ConfigError) as caught:
            read_options(load_source(self.source), {**self.options(tmp_path), "no_such_option": 1})
        assert caught.value.key == "data.options.no_such_option"

    def test_its_arrays_belong_together(self, tmp_path: Path) -> None:
        """It gives numbers, one row an event, and one target a row."""
        arrays = self._load(tmp_path)
        assert arrays.inputs.dtype.kind in "biuf"
        assert arrays.inputs.ndim >= 2
        assert len(arrays.inputs) == len(arrays.targets) > 0
        if arrays.test_inputs is not None and arrays.test_targets is not None:
            assert arrays.test_inputs.shape[1:] == arrays.inputs.shape[1:]
            assert len(arrays.test_inputs) == len(arrays.test_targets)
        assert len(arrays.input_names) in (0, arrays.inputs.shape[-1])
        assert arrays.origin, "an error about these events has to say where they come from"

    def test_reading_twice_gives_the_same(self, tmp_path: Path) -> None:
        """The same files give the same arrays, in the same order."""
        first, second = self._load(tmp_path), self._load(tmp_path)
        np.testing.assert_array_equal(first.inputs, second.inputs)
        np.testing.assert_array_equal(first.targets, second.targets)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        """A file that is not there is a DataError with its path and key."""
        if self.file_option is None:
            pytest.skip(f"the source {self.source} has no files")
        options = {**self.options(tmp_path), self.file_option: "no_such_file.bin"}
        source = load_source(self.source)
        with pytest.raises(DataError) as caught:
            source.load(read_options(source, options), tmp_path)
        assert str(caught.value.file).endswith("no_such_file.bin")
        assert caught.value.key == f"data.options.{self.file_option}"

    def test_it_prepares(self, tmp_path: Path) -> None:
        """Its events can be split and standardised, and all parts are there afterwards."""
        data = DataConfig(source=self.source, options=self.options(tmp_path))
        run_dir = tmp_path / "run"
        summary = prepare(data, tmp_path, run_dir)
        assert read_summary(run_dir / "data") == summary
        for part, count in summary.counts.items():
            if count:
                events = load_part(run_dir / "data", part)
                inputs = events.gather(0, count)
                assert inputs.shape == (count, *summary.input_shape)
                assert len(events) == len(events.targets) == count
                assert np.isfinite(inputs).all()
        assert prepare(data, tmp_path, run_dir) == summary, "preparing again uses what is there"

    def _load(self, folder: Path) -> Arrays:
        source = load_source(self.source)
        return source.load(read_options(source, self.options(folder)), folder)
