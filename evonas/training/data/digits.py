"""The handwritten digits that come with scikit-learn: 1,797 images of 8 x 8 pixels, ten classes.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998),
doi:10.24432/C50P49. Nothing is downloaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from evonas.errors import DependencyError
from evonas.training.data import protocol
from evonas.training.data.protocol import Arrays

__all__ = ["DigitsSource"]


class DigitsSource:
    """scikit-learn's digits: inputs (1797, 8, 8, 1), grey levels 0 to 16; targets 0 to 9."""

    name: ClassVar[str] = "digits"

    class Options(protocol.Options):
        """The digits take no options, but for their shape."""

        flatten: bool = False
        """Give vectors of 64 pixels instead of images of 8 x 8, for dense networks."""

    def load(self, options: Options, base: Path | None) -> Arrays:
        """Read the digits from the installed scikit-learn.

        Raises:
            DependencyError: if scikit-learn cannot be imported.
        """
        try:
            from sklearn.datasets import load_digits
        except ImportError as error:
            raise DependencyError(
                f"the digits come with scikit-learn, which cannot be imported: {error}",
                key="data.source",
                hint="pip install scikit-learn",
            ) from error
        images, labels = load_digits(return_X_y=True)
        pixels = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
        shape = (-1, 64) if options.flatten else (-1, 8, 8, 1)
        return Arrays(
            inputs=images.astype(np.float32).reshape(shape),
            targets=labels.astype(np.int64),
            class_names=tuple("0123456789"),
            input_names=pixels if options.flatten else (),
            origin="scikit-learn digits",
            keys=("data", "target"),
        )
