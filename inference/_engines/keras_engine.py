"""Run a member as the float Keras graph it was trained as: any back end, GPU, no ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference._engines import EngineName, Outputs

#: Pictures in one pass; a GPU wants many, a CPU's memory few.
BATCH = 256


class KerasEngine:
    """A compiled graph: ``tf.function`` on TensorFlow, ``jit`` on JAX, no-grad on PyTorch."""

    name: EngineName = "keras"

    def __init__(self, model: Any) -> None:
        self.model = model
        self._forward = _compiled(model)

    def run(self, inputs: NDArray[np.float32], /) -> Outputs:
        """Return logits and features as float32."""
        parts = [self._forward(inputs[i : i + BATCH]) for i in range(0, len(inputs), BATCH)]
        logits = np.concatenate([np.asarray(part["logits"], np.float32) for part in parts])
        if "features" not in parts[0]:
            return logits, None
        return logits, np.concatenate([np.asarray(part["features"], np.float32) for part in parts])


def _compiled(model: Any) -> Callable[[NDArray[np.float32]], dict[str, Any]]:
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        # One traced function for every batch size: no eager call, no retracing, no padding.
        spec = tf.TensorSpec([None, *model.inputs[0].shape[1:]], tf.float32)
        traced = tf.function(lambda x: model(x, training=False), input_signature=[spec])
        return lambda x: {key: value.numpy() for key, value in traced(x).items()}
    if backend == "jax":
        import jax

        state = [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables]
        jitted = jax.jit(lambda values, x: model.stateless_call(*values, x, training=False)[0])
        return lambda x: dict(jitted(state, x))
    return lambda x: _torch(model, x)


def _torch(model: Any, x: NDArray[np.float32]) -> dict[str, Any]:
    import torch
    from keras import ops

    with torch.no_grad():
        return {key: ops.convert_to_numpy(value) for key, value in model(x, training=False).items()}
