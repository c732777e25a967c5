#!/usr/bin/env python3
"""Writes tests/data/op_dtypes.txt: which dtypes each op must compute, from opdefs.json's field "cpu" less those that Weir refuses.

  op_dtypes.py OPDEFS.json OP… > ../data/op_dtypes.txt      (OP…: `graphdef ops --json` or the issue's lists)

A line an op and type attribute: "MatMul T: double float …".
"""

import json
import sys

from draw import TYPES


def main():
    opdefs = json.load(open(sys.argv[1]))
    for op in sorted(set(sys.argv[2:])):
        cpu = opdefs[op]["cpu"]
        attrs = {k: v for k, v in opdefs[op].get("attr", {}).items() if v["type"] in ("type", "list(type)")}
        for attr, facts in sorted(attrs.items()):
            names = cpu.get(attr) if isinstance(cpu, dict) else None
            names = [n for n in names or facts.get("allowed") or sorted(TYPES) if n in TYPES]
            allowed = facts.get("allowed")
            names = [n for n in names if not allowed or n in allowed]
            if op == "Cast":  # declared for strings, but TensorFlow's kernel refuses them
                names.remove("string")
            print(f"{op} {attr}: {' '.join(sorted(names))}")
        if not attrs:
            print(f"{op} -:")


main()
