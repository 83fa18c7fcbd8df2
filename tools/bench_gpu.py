"""Measure the batch path on a GPU with whichever Keras back end runs there, against its own convolution ceiling.

``KERAS_BACKEND=torch python tools/bench_gpu.py [--member NAME]``: batch 256, mixed precision, device named. Where the
back end sees no GPU it says so and ends with 3; nothing is then written. With one, the result goes into
docs/benchmarks.json under ``gpu``, from where ``make bench`` keeps and shows it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

#: The convolution whose speed stands for the device's ceiling: 3 x 3, side and channels of a network's middle.
SIDE: Final = 56
CHANNELS: Final = 256
REPEATS: Final = 30
NO_GPU: Final = "No GPU at hand: the Keras back end {backend} sees none, so nothing was measured."


def main(words: list[str] | None = None) -> int:
    """Measure the ceiling and the members; returns 3 without a GPU."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--member", action="append", help="architecture (again for more); default: the four of the vote"
    )
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--size", type=int, default=96, help="side of the faces in pixels")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks.json")
    chosen = parser.parse_args(words)
    import keras

    backend = keras.backend.backend()
    device = device_name(backend)
    if not device:
        print(NO_GPU.format(backend=backend), file=sys.stderr)
        return 3
    precision = "mixed_bfloat16" if backend == "jax" else "mixed_float16"
    keras.mixed_precision.set_global_policy(precision)
    found = measure(
        backend, chosen.member or ["vgg16", "xception", "resnet50", "alexnet"], chosen.batch, chosen.size
    )
    found |= {"device": device, "made": datetime.datetime.now(datetime.UTC).date().isoformat()}
    result = json.loads(chosen.out.read_text()) if chosen.out.exists() else {}
    chosen.out.write_text(json.dumps({**result, "gpu": found}, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(found, indent=1))
    return 0


def device_name(backend: str) -> str:
    """Return the GPU's name as the back end gives it, empty without one."""
    if backend == "torch":
        import torch

        return torch.cuda.get_device_name(0) if torch.cuda.is_available() else ""
    if backend == "jax":
        import jax

        devices = [device for device in jax.devices() if device.platform == "gpu"]
        return str(devices[0].device_kind) if devices else ""
    import tensorflow as tf

    devices = tf.config.list_physical_devices("GPU")
    details = tf.config.experimental.get_device_details(devices[0]) if devices else {}
    return str(details.get("device_name", "GPU")) if devices else ""


def measure(backend: str, members: list[str], batch: int, size: int) -> dict[str, Any]:
    """Time the ceiling's convolution and each member's whole graph on data that lies on the device already."""
    import keras

    from inference.members import InputShape, get_member, multiply_adds

    inputs = keras.Input((SIDE, SIDE, CHANNELS))
    single = keras.Model(inputs, keras.layers.Conv2D(CHANNELS, 3, padding="same", use_bias=False)(inputs))
    macs = multiply_adds(single) * batch
    ceiling = 2 * macs / _ms(backend, single, (batch, SIDE, SIDE, CHANNELS)) / 1e9
    rows = []
    for name in members:
        graph = get_member(name).build(InputShape(size, size, 1), 6, 0.0, 1.0)
        logits = keras.Model(graph.input, graph.output["logits"])
        ms = _ms(backend, logits, (batch, size, size, 1))
        tflops = 2 * multiply_adds(graph) * batch / ms / 1e9
        row = {"member": name, "batch": batch, "precision": keras.mixed_precision.global_policy().name}
        row |= {
            "median": round(ms, 3),
            "faces_per_second": round(batch * 1000 / ms),
            "tflops": round(tflops, 1),
        }
        rows.append({**row, "share": round(tflops / ceiling, 3)})
    return {"backend": backend, "ceiling_tflops": round(ceiling, 1), "rows": rows}


def _ms(backend: str, model: Any, shape: tuple[int, ...]) -> float:
    """Return the median time of one call in milliseconds, the device waited for."""
    import keras

    call, wait = _compiled(backend, model)
    pixels = keras.ops.cast(keras.random.uniform(shape) * 255, "float32")
    times = []
    for i in range(REPEATS + 5):
        begun = time.perf_counter()
        wait(call(pixels))
        if i >= 5:  # the first calls compile
            times.append((time.perf_counter() - begun) * 1000)
    return sorted(times)[len(times) // 2]


def _compiled(backend: str, model: Any) -> tuple[Callable[[Any], Any], Callable[[Any], None]]:
    """Return the model as the back end compiles it, and how to wait for its answer."""
    if backend == "torch":
        import torch

        model.eval()

        def call(x: Any) -> Any:
            with torch.inference_mode():
                return model(x, training=False)

        # Channels last is Keras' own order; cuDNN's search for the fastest convolution is what a worker uses too.
        torch.backends.cudnn.benchmark = True
        return call, lambda _: torch.cuda.synchronize()
    if backend == "jax":
        import jax

        state = (list(model.trainable_variables), list(model.non_trainable_variables))
        values = [[variable.value for variable in part] for part in state]
        run = jax.jit(lambda x: model.stateless_call(*values, x, training=False)[0])
        return run, lambda answer: answer.block_until_ready()
    import tensorflow as tf

    return tf.function(lambda x: model(x, training=False), jit_compile=True), lambda answer: answer.numpy()


if __name__ == "__main__":
    sys.exit(main())
