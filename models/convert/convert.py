"""Makes Taimat's detector from its published TensorFlow.js form. `cargo xtask setup` runs it; by hand:

    python convert.py float nanodet.json 416x256 out.onnx
    python convert.py int8 float.onnx 416x256 out.onnx VIDEO…
"""

import argparse
from pathlib import Path

OUTPUTS = [f"{kind}_{stride}" for kind in ("scores", "sides") for stride in (8, 16, 32)]


def size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    as_float = commands.add_parser("float", help="TensorFlow.js graph model to ONNX")
    as_float.add_argument("model", type=Path)
    as_float.add_argument("size", type=size)
    as_float.add_argument("out", type=Path)
    as_int8 = commands.add_parser("int8", help="float ONNX to int8 ONNX, calibrated on frames of the videos")
    as_int8.add_argument("model", type=Path)
    as_int8.add_argument("size", type=size)
    as_int8.add_argument("out", type=Path)
    as_int8.add_argument("videos", type=Path, nargs="+")
    arguments = parser.parse_args()
    # Imported late: the quantiser takes a second to load.
    if arguments.command == "float":
        import onnx
        import tfjs
        from to_onnx import Converter

        model = Converter(tfjs.load(arguments.model)).convert(*arguments.size, OUTPUTS)
        onnx.save(model, arguments.out)
    else:
        import quantise

        difference = quantise.quantise(arguments.model, arguments.size, arguments.out, arguments.videos)
        print(f"largest mean score difference to float on frames not calibrated on: {difference:.4f}")


if __name__ == "__main__":
    main()
