#!/usr/bin/env python3
"""Compares `graphdef run` with live TensorFlow on a corpus of graph files: every tensor, and three steps of training.

  compare_corpus.py --oracle DIR --graphdef PATH [--python PYTHON] [--cases DIR] [--only TEXT] [--report FILE.md]

DIR holds tf_oracle.py, make_cases.py and compare.py, and beside it the graphs (../corpus); PYTHON has tensorflow and
numpy. Cases that --cases holds already are not made again. Each `tensors` case runs in compare.py's three modes, each
`train` case its three steps, both optimised and as written (--noopt). For graphs that are not equal the report names
the ops that Weir does not have. Exit 1: a graph whose ops are all there differs, apart from KNOWN.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

# Model, case, arguments: the files with a train op (collection `train_op`, or an op `train`).
TRAIN = [
    ('ai-car/model.ckpt.meta', 'ai-car', '--target train/RMSProp --fetch loss/Mean:0'),
    ('rnn-train/model.ckpt.meta', 'rnn-train', '--target training/GradientDescent --fetch loss/Mean:0'),
    ('tf2onnx/regression/checkpoint/model.meta', 'tf2onnx-regression',
     '--target GradientDescent --fetch truediv:0 --dim X=5 --dim Y=5'),
    ('ambient-sound/checkpoints/NN-model.ckpt.meta', 'ambient-NN', '--target GradientDescent --fetch Mean:0'),
    ('ambient-sound/checkpoints/ambient_nn.ckpt.meta', 'ambient_nn', '--target GradientDescent --fetch Mean:0'),
    ('ambient-sound/checkpoints/ambient_nn.ckpt.meta', 'ambient_nn_6', '--target GradientDescent_6 --fetch Mean_8:0'),
    ('course-ckpt/train_model.ckpt.meta', 'course-train', '--target GradientDescent --fetch Mean:0'),
    ('generate-text/checkpoints/model.ckpt.meta', 'generate-text', '--target Adam'),
    ('generate-text/checkpoints_LSTM/model.ckpt.meta', 'generate-text-lstm', '--target Adam'),
    ('tuple-extraction/model.ckpt.meta', 'tuple-extraction', '--target Adam --fetch train/Mean:0 --batch 50'),
    ('rust-regression/examples/regression/model.pb', 'rust-regression',
     '--target train --fetch Mean:0 --dim x=5 --dim y=5'),
    ('rust-regression/examples/regression_checkpoint/model.pb', 'rust-regression-checkpoint',
     '--target train --fetch Mean:0 --dim x=5 --dim y=5'),
]

# Graphs that differ for a reason that is not a missing op.
KNOWN = {
    'cms-btag': 'the sum of a batch norm\'s values less their mean is what rounding leaves of 0',
    'rnn-train': 'summaries of floats whose last bits differ, as strings',
    'half_plus_two_tf2_cpu': 'the path of an asset, a string in a SavedModel',
}


def run(command):
    return subprocess.run(command, capture_output=True, text=True, errors='replace')


def make_cases(a, root):
    """Makes what is missing; returns {model: why TensorFlow has no case}."""
    have = {d for d in os.listdir(a.cases) if os.path.exists(os.path.join(a.cases, d, 'case.json'))}
    none = {}
    for d, _, names in os.walk(os.path.join(root, 'corpus')):
        for n in names:
            if not n.endswith(('.pb', '.meta')) or n == 'fingerprint.pb': continue
            model = os.path.relpath(d if n == 'saved_model.pb' else os.path.join(d, n), root)
            if a.only not in model or model.replace('/', '_') in have: continue
            r = run([a.python, os.path.join(a.oracle, 'make_cases.py'), a.cases, model])
            if not os.path.exists(os.path.join(a.cases, model.replace('/', '_'), 'case.json')):
                none[model] = 'left out' if 'left out' in r.stdout else 'TensorFlow 2 cannot open it'
    for model, case, arguments in TRAIN:
        out = os.path.join(a.cases, 'train_' + case)
        if a.only not in model or os.path.exists(os.path.join(out, 'case.json')): continue
        r = run([a.python, os.path.join(a.oracle, 'tf_oracle.py'), 'train', os.path.join(root, 'corpus', model), out]
                + arguments.split())
        if r.returncode: none[f'corpus/{model} ({case})'] = ' '.join(r.stderr.split())[-200:]
    return none


def missing_ops(a, case):
    c = json.load(open(os.path.join(case, 'case.json')))
    r = run([a.graphdef, 'check', os.path.join(case, c['model'])])
    return sorted(set(re.findall(r"op '([^']+)' is not known", r.stdout + r.stderr)))


def without(a, case, ops, out):
    """Writes the case `out`: the tensors of a case that do not depend on these ops."""
    c = json.load(open(os.path.join(case, 'case.json')))
    for key in ('model', 'ckpt'): c[key] = c[key] and os.path.abspath(os.path.join(case, c[key]))
    nodes = re.findall(r'^(\S+) = (\S+)\(([^)]*)\)', run([a.graphdef, 'dump', '--no-shapes', c['model']]).stdout, re.M)
    lost, before = {name for name, op, _ in nodes if op in ops}, -1
    while before != len(lost):  # until nothing new: files are not sorted, and loops have back edges
        before = len(lost)
        for name, _, inputs in nodes:
            if any(i.lstrip('^').split(':')[0] in lost for i in inputs.split(', ')): lost.add(name)
    for file in ('expected', 'noise'):
        kept = {k: v for k, v in np.load(os.path.join(case, file + '.npz')).items() if k.split(':')[0] not in lost}
        np.savez(os.path.join(out, file + '.npz'), **kept)
    np.savez(os.path.join(out, 'feeds.npz'), **np.load(os.path.join(case, 'feeds.npz')))
    c['sinks'] = [n for n in c['sinks'] if n in kept]
    json.dump(c, open(os.path.join(out, 'case.json'), 'w'))


def compare(a, case, noopt):
    """('1 of 2', all equal, what differs)"""
    r = run([a.python, os.path.join(a.oracle, 'compare.py'), case, '--graphdef', a.graphdef, '--timeout', '300']
            + (['--noopt'] if noopt else []))
    m = re.search(r'(\d+) of (\d+) tensors equal', r.stdout)
    if not m: return 'error', False, r.stderr[-200:]
    why = [line.strip() for line in r.stdout.splitlines() if line.startswith('    ')]
    return f'{m[1]} of {m[2]}', m[1] == m[2], why[0] if why else ''


def row(a, case, c, model):
    """A line of the table, whether all is equal, whether the reason is unknown."""
    optimised, plain = compare(a, case, False), compare(a, case, True)
    note, strange = '', False
    if not (optimised[1] and plain[1]):
        ops = missing_ops(a, case)
        known = [why for key, why in KNOWN.items() if key in model]
        note = 'missing: ' + ', '.join(ops) if ops else known[0] if known else optimised[2] or plain[2]
        strange = not ops and not known
        if ops and c['what'] == 'tensors':
            with tempfile.TemporaryDirectory() as rest:
                without(a, case, ops, rest)
                parts = [compare(a, rest, False), compare(a, rest, True)]
            note += '; equal of what does not depend on them: ' + ' / '.join(p[0] for p in parts)
            if not (parts[0][1] and parts[1][1]):
                strange = not known
                note += f' ({known[0] if known else parts[0][2] or parts[1][2]})'
    what = 'train ' + ', '.join(c['targets']) if c['what'] == 'train' else 'tensors'
    return f'| {model} | {what} | {optimised[0]} | {plain[0]} | {note} |', optimised[1] and plain[1], strange


def report(path, rows, none, equal):
    with open(path, 'w') as f:
        f.write('# Corpus graphs beside TensorFlow\n\n'
                'Written by `tests/oracle/compare_corpus.py`: tensors (of training: losses and variables of three '
                'steps) equal to\nTensorFlow 2.21\'s, by `compare.py` in its three modes, optimised and as '
                f'written. {equal} of {len(rows)} cases are equal throughout.\n\n'
                '| graph | case | optimised | as written | otherwise |\n| --- | --- | --- | --- | --- |\n')
        f.writelines(line + '\n' for line in rows)
        f.writelines(f'\nNo case of `{model}`: {why}.\n' for model, why in sorted(none.items()))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--oracle', required=True)
    p.add_argument('--graphdef', required=True)
    p.add_argument('--python', default=sys.executable)
    p.add_argument('--cases')
    p.add_argument('--only', default='')
    p.add_argument('--report')
    a = p.parse_args()
    root = os.path.dirname(os.path.abspath(a.oracle))
    a.cases = os.path.abspath(a.cases or tempfile.mkdtemp())
    os.makedirs(a.cases, exist_ok=True)
    none, rows, failed, equal = make_cases(a, root), [], 0, 0
    for d in sorted(os.listdir(a.cases)):
        case = os.path.join(a.cases, d)
        if not os.path.exists(os.path.join(case, 'case.json')): continue
        c = json.load(open(os.path.join(case, 'case.json')))
        model = os.path.relpath(os.path.normpath(os.path.join(case, c['model'])), os.path.join(root, 'corpus'))
        if a.only not in model: continue
        line, same, strange = row(a, case, c, model)
        rows.append(line)
        equal += same
        failed += strange
        print(line, flush=True)
    for model, why in sorted(none.items()): print(f'{model}: no case, {why}')
    print(f'{equal} of {len(rows)} cases equal; {failed} differ for no known reason')
    if a.report: report(a.report, rows, none, equal)
    sys.exit(1 if failed else 0)


main()
