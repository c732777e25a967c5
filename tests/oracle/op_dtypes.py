#!/usr/bin/env python3
"""Writes tests/data/op_dtypes.txt: which dtypes each op must compute, from the op definitions' field "cpu" less those
that Weir refuses.

  op_dtypes.py --opdefs OPDEFS.json OP… > ../data/op_dtypes.txt      (OP…: as `graphdef ops` lists them)

A line an op and type attribute: "MatMul T: double float …".
"""

import argparse

from draw import OPDEFS_HELP, TYPES, load_opdefs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--opdefs", help=OPDEFS_HELP)
    parser.add_argument("ops", metavar="OP", nargs="+")
    a = parser.parse_args()
    opdefs = load_opdefs(a.opdefs)
    for op in sorted(set(a.ops)):
        cpu = opdefs[op]["cpu"]
        attrs = {k: v for k, v in opdefs[op].get("attr", {}).items() if v["type"] in ("type", "list(type)")}
        for attr, facts in sorted(attrs.items()):
            names = cpu.get(attr) if isinstance(cpu, dict) else None
            names = [n for n in names or facts.get("allowed") or sorted(TYPES) if n in TYPES]
            allowed = facts.get("allowed")
            names = [n for n in names if not allowed or n in allowed]
            if "Apply" in op or op == "ClipByValue":  # training is of real numbers; complex ones have no order
                names = [n for n in names if not n.startswith("complex")]
            if op == "RangeDataset":  # any dtype may be named, but numbers are made
                names = [n for n in names if not n.startswith("complex") and n not in ("bool", "string")]
            if op == "Cast":  # declared for strings, but TensorFlow's kernel refuses them
                names.remove("string")
            print(f"{op} {attr}: {' '.join(sorted(names))}")
        if not attrs:
            print(f"{op} -:")


main()
