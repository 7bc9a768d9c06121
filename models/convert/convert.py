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
    as_int8.add_argument("--tolerance", type=float, default=0.06, help="largest accepted difference of scores to float")
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
        print(f"int8 scores differ by {difference:.3f} from float, on the worst of the frames that were held back")
        if not difference <= arguments.tolerance:
            arguments.out.unlink()
            raise SystemExit(f"refused: more than {arguments.tolerance}")


if __name__ == "__main__":
    main()
