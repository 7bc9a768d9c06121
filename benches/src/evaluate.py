"""Tracking figures by the standard public evaluator, py-motmetrics.

Arguments: truth and then results, MOT15 text. Prints one JSON object for each result.
"""

import json
import sys

import motmetrics

METRICS = ["mota", "idf1", "motp", "recall", "precision", "num_switches"]

truth = motmetrics.io.loadtxt(sys.argv[1], fmt="mot15-2D", min_confidence=1)
for path in sys.argv[2:]:
    result = motmetrics.io.loadtxt(path, fmt="mot15-2D")
    matched = motmetrics.utils.compare_to_groundtruth(truth, result, "iou", distth=0.5)
    figures = motmetrics.metrics.create().compute(matched, metrics=METRICS, name="result")
    print(json.dumps({name: float(figures[name].iloc[0]) for name in METRICS}))
