"""What differs between versions of CTLearn (0.10.2 to 0.10.4) and dl1_data_handler (0.14.6 to 0.14.11).

Told by what they do and contain, not by their numbers. Where their files differ, :mod:`evonas.training.ctlearn.dl2`
tells it by the files.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from evonas.errors import DependencyError
from evonas.training.ctlearn.dl1 import needs_ctlearn

__all__ = ["cleaned_last", "single_cnn_squeezes"]


@cache
def cleaned_last() -> bool:
    """Whether the cleaning mask is applied after scale and offset of compressed images (from 0.14.8), or before them.

    Raises:
        DependencyError: if dl1_data_handler is not installed.
    """
    unmapped = needs_ctlearn("dl1_data_handler.reader").get_unmapped_image
    image = {"image": np.array([3.0], np.float32), "image_mask": np.array([False])}
    found = unmapped(image, ["cleaned_image"], {"image_scale": 0.0, "image_offset": 1.0})
    return bool(found[0, 0] == 0)


@cache
def single_cnn_squeezes() -> bool:
    """Whether CTLearn's ``SingleCNN`` can have attention with a ratio; CTLearn 0.10.2 looks for it by another name.

    False where CTLearn is not installed.
    """
    try:
        built = needs_ctlearn("ctlearn.core.model").SingleCNN._build_backbone
    except DependencyError:
        return False
    return "reduction_ratio" in built.__code__.co_consts
