"""CTLearn's networks as model families: ``ctlearn_cnn``, ``ctlearn_resnet`` and ``ctlearn_cnn_rnn``.

Importing this loads neither Keras nor CTLearn; :mod:`.components` does.
"""

from evonas.training.families.ctlearn.cnn import CtlearnCnnFamily
from evonas.training.families.ctlearn.cnn_rnn import CtlearnCnnRnnFamily
from evonas.training.families.ctlearn.native import native_component
from evonas.training.families.ctlearn.resnet import CtlearnResnetFamily

__all__ = ["CtlearnCnnFamily", "CtlearnCnnRnnFamily", "CtlearnResnetFamily", "native_component"]
