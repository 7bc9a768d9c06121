"""Rewrites a TensorFlow graph of a fully convolutional detector as an ONNX graph of another input size.

TensorFlow convolves in NHWC, ONNX in NCHW, and the graph at hand came from an NCHW model, so it is full of transposes
that undo each other. Here a tensor is a *view*: an ONNX value plus the permutation that turns it into what TensorFlow
sees. A transpose only changes the permutation; an operation that needs a certain order asks for it, and a real Transpose
appears only where the orders differ. Paddings wait in the view in the same way until a convolution takes them in.
"""

from dataclasses import dataclass, replace

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tfjs import GraphModel, Node

OPSET = 17
IR_VERSION = 8
NHWC_FROM_NCHW = (0, 2, 3, 1)
NCHW_FROM_NHWC = (0, 3, 1, 2)


@dataclass(frozen=True)
class View:
    """An ONNX value as TensorFlow sees it: axis `i` of the TensorFlow tensor is axis `order[i]` of the ONNX value.

    `shape` is the ONNX value's shape at the size the model was published with; `pads` are (before, after) pairs by
    ONNX axis not applied yet, filled with `fill`.
    """

    value: str
    shape: tuple[int, ...]
    order: tuple[int, ...]
    pads: tuple[tuple[int, int], ...] | None = None
    fill: float = 0.0

    def permuted(self, order) -> "View":
        return replace(self, order=tuple(self.order[axis] for axis in order))

    def seen_shape(self) -> tuple[int, ...]:
        return tuple(self.shape[axis] for axis in self.order)

    def padded_shape(self) -> tuple[int, ...]:
        pads = self.pads or ((0, 0),) * len(self.shape)
        return tuple(size + before + after for size, (before, after) in zip(self.shape, pads))


class Converter:
    """Converts one model; `convert` is its only entry."""

    def __init__(self, model: GraphModel):
        self.model = model
        self.tensors: dict[str, View | np.ndarray] = {}
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[tuple, tuple[str, np.ndarray]] = {}

    def convert(self, width: int, height: int, output_names: list[str]) -> onnx.ModelProto:
        if width % 32 or height % 32:
            raise ValueError(f"width and height must be multiples of 32, not {width}x{height}")
        if len(output_names) != len(self.model.outputs):
            raise ValueError(f"the model has {len(self.model.outputs)} outputs")
        for name in self.model.outputs:
            self._convert_with_inputs(name)
        outputs = []
        for source, name in zip(self.model.outputs, output_names):
            view = self._tensor(source)
            self.nodes.append(helper.make_node("Identity", [self._in_order(view).value], [name], name=name))
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, None, view.seen_shape()[-1]]))
        images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, height, width])
        graph = helper.make_graph(
            self.nodes,
            "detector",
            [images],
            outputs,
            [numpy_helper.from_array(array, name) for name, array in self.constants.values()],
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="taimat")
        onnx.checker.check_model(model, full_check=True)
        return model

    # Walking the graph.

    def _convert_with_inputs(self, name: str) -> None:
        """Converts what `name` depends on, inputs first, without recursion: the graph is deeper than Python's stack."""
        stack = [name]
        while stack:
            node = self.model.nodes[stack[-1]]
            missing = [source for source in map(_node_name, node.inputs) if source not in self.tensors]
            if missing:
                stack.extend(reversed(missing))
                continue
            stack.pop()
            if node.name not in self.tensors:
                self._convert_node(node)

    def _convert_node(self, node: Node) -> None:
        convert = getattr(self, f"_op_{node.op.lower()}", None)
        if convert is None:
            raise NotImplementedError(f"operation {node.op} (node {node.name})")
        self.tensors[node.name] = convert(node)

    def _tensor(self, name: str) -> View | np.ndarray:
        key = name.removesuffix(":0")
        return self.tensors[key]

    def _inputs(self, node: Node) -> list[View | np.ndarray]:
        return [self._tensor(name) for name in node.inputs]

    # Writing ONNX.

    def _emit(self, op: str, inputs: list[str], **attributes) -> str:
        name = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def _constant(self, array: np.ndarray, hint: str) -> str:
        array = np.array(array, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.constants:
            self.constants[key] = (f"{hint}_{len(self.constants)}", array)
        return self.constants[key][0]

    def _with_pads(self, view: View) -> View:
        """Applies paddings that no convolution took."""
        if view.pads is None:
            return view
        pads = np.array([before for before, _ in view.pads] + [after for _, after in view.pads], np.int64)
        fill = self._constant(np.float32(view.fill), "fill")
        value = self._emit("Pad", [view.value, self._constant(pads, "pads"), fill])
        return View(value, view.padded_shape(), view.order)

    def _in_order(self, view: View) -> View:
        """The view with ONNX axes in the order that TensorFlow sees."""
        view = self._with_pads(view)
        if view.order == tuple(range(len(view.order))):
            return view
        value = self._emit("Transpose", [view.value], perm=list(view.order))
        return View(value, view.seen_shape(), tuple(range(len(view.order))))

    def _nchw(self, view: View) -> View:
        """A view that TensorFlow sees as NHWC, as an ONNX value in NCHW; paddings stay pending if no transpose is needed."""
        turned = view.permuted(NCHW_FROM_NHWC)
        return turned if turned.order == (0, 1, 2, 3) else self._in_order(turned)

    # Operations. Each returns the node's first output.

    def _op_placeholder(self, node: Node):
        shape = tuple(int(dim["size"]) for dim in node.attributes["shape"]["shape"]["dim"])
        return View("images", shape, tuple(range(len(shape))))

    def _op_const(self, node: Node):
        return self.model.weights[node.name]

    def _op_identity(self, node: Node):
        return self._inputs(node)[0]

    def _op_transpose(self, node: Node):
        tensor, order = self._inputs(node)
        order = [int(axis) for axis in order]
        return tensor.permuted(order) if isinstance(tensor, View) else tensor.transpose(order)

    def _op_pad(self, node: Node):
        view, amounts, *fill = self._inputs(node)
        view = self._with_pads(view)
        pads = [(0, 0)] * len(view.order)
        for seen, axis in enumerate(view.order):
            pads[axis] = (int(amounts[seen][0]), int(amounts[seen][1]))
        return replace(view, pads=tuple(pads), fill=float(fill[0]) if fill else 0.0)

    _op_padv2 = _op_pad

    def _op_conv2d(self, node: Node):
        view, kernel = self._inputs(node)
        if node.text("padding") not in ("VALID", "VkFMSUQ="):
            raise NotImplementedError(f"padding of {node.name}")
        view = self._nchw(view)
        if view.fill != 0.0:
            view = self._with_pads(view)
        weights = kernel.transpose(3, 2, 0, 1).astype(np.float32)
        strides = node.integers("strides")[1:3]
        value = self._emit(
            "Conv",
            [view.value, self._constant(weights, "weights")],
            kernel_shape=list(kernel.shape[:2]),
            strides=strides,
            pads=_spatial_pads(view),
        )
        shape = (1, weights.shape[0], *_windows(view, kernel.shape[:2], strides))
        return View(value, shape, NHWC_FROM_NCHW)

    def _op_maxpool(self, node: Node):
        view = self._nchw(self._inputs(node)[0])
        if node.text("padding") not in ("VALID", "VkFMSUQ="):
            raise NotImplementedError(f"padding of {node.name}")
        if view.pads is not None and view.fill > np.finfo(np.float32).min:
            view = self._with_pads(view)
        size, strides = node.integers("ksize")[1:3], node.integers("strides")[1:3]
        value = self._emit("MaxPool", [view.value], kernel_shape=size, strides=strides, pads=_spatial_pads(view))
        return View(value, (*view.shape[:2], *_windows(view, size, strides)), NHWC_FROM_NCHW)

    def _op_add(self, node: Node):
        left, right = self._inputs(node)
        if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
            return left + right
        if isinstance(left, np.ndarray):
            left, right = right, left
        left = self._with_pads(left)
        if isinstance(right, np.ndarray):
            return self._add_constant(left, right)
        right = self._with_pads(right)
        if left.order != right.order:
            left, right = self._in_order(left), self._in_order(right)
        return replace(left, value=self._emit("Add", [left.value, right.value]))

    _op_addv2 = _op_add

    def _add_constant(self, view: View, constant: np.ndarray) -> View:
        full = constant.reshape((1,) * (len(view.order) - constant.ndim) + constant.shape).astype(np.float32)
        physical = full.transpose(np.argsort(view.order))
        producer = self.nodes[-1]
        is_bias = physical.size == view.shape[1] == physical.shape[1]
        if producer.op_type == "Conv" and producer.output[0] == view.value and len(producer.input) == 2 and is_bias:
            producer.input.append(self._constant(physical.reshape(-1), "bias"))
            return view
        return replace(view, value=self._emit("Add", [view.value, self._constant(physical, "addend")]))

    def _op_leakyrelu(self, node: Node):
        view = self._with_pads(self._inputs(node)[0])
        return replace(view, value=self._emit("LeakyRelu", [view.value], alpha=node.number("alpha")))

    def _op_sigmoid(self, node: Node):
        view = self._with_pads(self._inputs(node)[0])
        return replace(view, value=self._emit("Sigmoid", [view.value]))

    def _op_concatv2(self, node: Node):
        *parts, axis = self._inputs(node)
        if all(isinstance(part, np.ndarray) for part in parts):
            return np.concatenate(parts, int(axis))
        parts = [self._with_pads(part) for part in parts]
        if any(part.order != parts[0].order for part in parts):
            parts = [self._in_order(part) for part in parts]
        physical = parts[0].order[int(axis)]
        shape = list(parts[0].shape)
        shape[physical] = sum(part.shape[physical] for part in parts)
        value = self._emit("Concat", [part.value for part in parts], axis=physical)
        return View(value, tuple(shape), parts[0].order)

    def _op_splitv(self, node: Node):
        view, sizes, axis = self._inputs(node)
        view = self._with_pads(view)
        physical = view.order[int(axis)]
        name = f"split_{len(self.nodes)}"
        values = [f"{name}_{index}" for index in range(len(sizes))]
        sizes_name = self._constant(np.asarray(sizes, np.int64), "sizes")
        self.nodes.append(helper.make_node("Split", [view.value, sizes_name], values, name=name, axis=physical))
        parts = []
        for value, size in zip(values, sizes):
            shape = list(view.shape)
            shape[physical] = int(size)
            parts.append(View(value, tuple(shape), view.order))
        for index, part in enumerate(parts[1:], start=1):
            self.tensors[f"{node.name}:{index}"] = part
        return parts[0]

    def _op_resizebilinear(self, node: Node):
        tensor, size = self._inputs(node)
        if not node.flag("half_pixel_centers") or node.flag("align_corners"):
            raise NotImplementedError(f"sampling of {node.name}")
        view = self._with_pads(self._nchw(tensor))
        # A ratio instead of a size, so that it holds for every input size.
        scales = [1.0, 1.0, size[0] / view.shape[2], size[1] / view.shape[3]]
        value = self._emit(
            "Resize",
            [view.value, "", self._constant(np.array(scales, np.float32), "scales")],
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        )
        return View(value, (*view.shape[:2], int(size[0]), int(size[1])), NHWC_FROM_NCHW)

    def _op_reshape(self, node: Node):
        tensor, target = self._inputs(node)
        target = [int(size) for size in target]
        if isinstance(tensor, np.ndarray):
            return tensor.reshape(target)
        view = self._in_order(tensor)
        kept = len(target) - 1
        if list(view.shape[:kept]) != target[:kept] or np.prod(view.shape[kept:]) != abs(target[-1]) and target[-1] != -1:
            raise NotImplementedError(f"{node.name} reshapes {view.shape} to {target}: only flattening the last axes is known")
        flat = np.array([*target[:kept], -1], np.int64)
        value = self._emit("Reshape", [view.value, self._constant(flat, "flat")])
        shape = (*target[:kept], int(np.prod(view.shape[kept:])))
        return View(value, shape, tuple(range(len(shape))))

    def _op_sparsetodense(self, node: Node):
        indices, shape, values, default = self._inputs(node)
        dense = np.full([int(size) for size in shape], default, dtype=values.dtype)
        dense[tuple(np.atleast_2d(indices).T)] = values
        return dense


def _node_name(tensor: str) -> str:
    return tensor.split(":")[0]


def _spatial_pads(view: View) -> list[int]:
    pads = view.pads or ((0, 0),) * 4
    if pads[0] != (0, 0) or pads[1] != (0, 0):
        raise NotImplementedError(f"padding of batch or channels: {pads}")
    return [pads[2][0], pads[3][0], pads[2][1], pads[3][1]]


def _windows(view: View, size, strides) -> tuple[int, int]:
    height, width = view.padded_shape()[2:]
    return (height - size[0]) // strides[0] + 1, (width - size[1]) // strides[1] + 1
