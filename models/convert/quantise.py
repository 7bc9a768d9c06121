"""Static int8 quantisation, calibrated on frames of videos.

Weights have 7 bits (`reduce_range`): on processors without VNNI the 16-bit sums of 8-bit products would saturate.
The result differs by a few bits between processors, because calibration runs the float model: it is checked by its
outputs, not by a hash.
"""

import logging
import subprocess
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

# What the detector was trained with: BGR, 0 to 255.
MEAN = np.array([103.53, 116.28, 123.675], np.float32)
STD = np.array([57.375, 57.12, 58.395], np.float32)
QUANTISED = ["Conv", "LeakyRelu", "Concat", "Resize", "Add", "MaxPool"]
FRAMES = 50
CHECKED = 10


class Frames(CalibrationDataReader):
    def __init__(self, frames: list[np.ndarray]):
        self._frames = iter(frames)

    def get_next(self) -> dict[str, np.ndarray] | None:
        frame = next(self._frames, None)
        return None if frame is None else {"images": frame}


def quantise(model: Path, size: tuple[int, int], out: Path, videos: list[Path]) -> float:
    """Writes the int8 model; returns how far its class scores are from the float model's: the mean over grid cells
    where either sees something, the worst of the frames that calibration has not seen."""
    frames = [frame for video in videos for frame in read_frames(video, size, (FRAMES + CHECKED) // len(videos))]
    step = len(frames) // CHECKED
    checked, calibration = frames[::step], [f for i, f in enumerate(frames) if i % step]
    # It advises to optimise the graph first, which the converter has done.
    logging.getLogger().setLevel(logging.ERROR)
    quantize_static(
        onnx.shape_inference.infer_shapes(onnx.load(model)),
        out,
        Frames(calibration),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=QUANTISED,
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    return compare(model, out, checked)


def compare(model: Path, quantised: Path, frames: list[np.ndarray]) -> float:
    ort.set_default_logger_severity(3)
    sessions = [ort.InferenceSession(path, providers=["CPUExecutionProvider"]) for path in (model, quantised)]
    names = [output.name for output in onnx.load(model).graph.output if output.name.startswith("scores")]
    worst, compared = 0.0, 0
    for frame in frames:
        true, ours = (
            np.concatenate([scores.reshape(-1, scores.shape[-1]).max(axis=1) for scores in s.run(names, {"images": frame})])
            for s in sessions
        )
        seen = np.maximum(true, ours) > 0.35
        if seen.any():
            compared += 1
            worst = max(worst, float(np.abs(true - ours)[seen].mean()))
    if compared < len(frames) // 2:
        raise RuntimeError(f"the model saw something in {compared} of {len(frames)} frames only")
    return worst


def read_frames(video: Path, size: tuple[int, int], count: int) -> list[np.ndarray]:
    """`count` frames spread over the video, letterboxed to the top left and normalised: float32 [1, 3, height, width]."""
    width, height = size
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(video), "-an", "-vf"]
    command += [f"scale={width}:{height}:force_original_aspect_ratio=decrease:flags=bilinear,pad={width}:{height}"]
    command += ["-pix_fmt", "bgr24", "-f", "rawvideo", "-"]
    raw = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    images = np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)
    chosen = images[np.linspace(0, len(images) - 1, count).round().astype(int)]
    return [((image - MEAN) / STD).transpose(2, 0, 1)[None].astype(np.float32) for image in chosen]
