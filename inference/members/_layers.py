"""Layers of our own, importable only where Keras is; nothing imports this before a graph is built."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="inference")
class ReverseChannels(keras.layers.Layer):  # type: ignore[misc]
    """Turn RGB into BGR, or back; it holds no weight."""

    def call(self, images: Any) -> Any:
        """Reverse the last axis of ``(n, h, w, channels)``."""
        return keras.ops.flip(images, axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape unchanged."""
        return input_shape
