"""Reads a TensorFlow.js graph model: a JSON topology and binary shards of weights.

Format: TensorFlow.js "graph model", as its converter writes it.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

STORED = {"float16": np.float16, "uint8": np.uint8, "uint16": np.uint16}
PLAIN = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}


@dataclass(frozen=True)
class Node:
    """One TensorFlow operation. Control inputs (`^name`) are left out."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: dict

    def flag(self, name: str) -> bool:
        return bool(self.attributes.get(name, {}).get("b", False))

    def number(self, name: str) -> float:
        return float(self.attributes[name]["f"])

    def integers(self, name: str) -> list[int]:
        return [int(value) for value in self.attributes[name]["list"]["i"]]

    def text(self, name: str) -> str:
        value = self.attributes[name]["s"]
        return bytes(value).decode() if isinstance(value, list) else value


@dataclass(frozen=True)
class GraphModel:
    nodes: dict[str, Node]
    weights: dict[str, np.ndarray]
    outputs: list[str]


def load(path: Path) -> GraphModel:
    """Loads `model.json` and the shards beside it."""
    document = json.loads(path.read_text())
    nodes = {
        entry["name"]: Node(
            entry["name"],
            entry["op"],
            tuple(name for name in entry.get("input", []) if not name.startswith("^")),
            entry.get("attr", {}),
        )
        for entry in document["modelTopology"]["node"]
    }
    weights = {}
    for group in document["weightsManifest"]:
        shards = b"".join((path.parent / shard).read_bytes() for shard in group["paths"])
        weights.update(_read_weights(group["weights"], shards))
    outputs = sorted(name.removesuffix(":0") for name in document["signature"]["outputs"])
    return GraphModel(nodes, weights, outputs)


def _read_weights(entries: list[dict], shards: bytes) -> dict[str, np.ndarray]:
    weights, offset = {}, 0
    for entry in entries:
        quantization = entry.get("quantization")
        stored = STORED[quantization["dtype"]] if quantization else PLAIN[entry["dtype"]]
        count = int(np.prod(entry["shape"], dtype=np.int64))
        values = np.frombuffer(shards, stored, count, offset)
        offset += values.nbytes
        if quantization and "scale" in quantization:
            values = values.astype(np.float32) * quantization["scale"] + quantization["min"]
        weights[entry["name"]] = values.astype(PLAIN[entry["dtype"]]).reshape(entry["shape"])
    if offset != len(shards):
        raise ValueError(f"the weights take {offset} bytes, the shards have {len(shards)}")
    return weights
