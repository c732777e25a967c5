#!/usr/bin/env python3
"""Lets live TensorFlow open what the examples write, and compute the same.

  examples.py --oracle DIR --build DIR [--python PYTHON] [--work DIR]

Runs each example in a short form; it leaves graph (gradients and training ops included) and checkpoint. Then
  check     `graphdef check`: no error, no pair of effects that only program order separates
  tensors   TensorFlow imports the graph, reads the checkpoint and computes every tensor, gradients too; graphdef the
            same
  train     three steps of the train op from the checkpoint on: losses and all variables
DIR of --oracle holds tf_oracle.py and compare.py; PYTHON has tensorflow and numpy. Exit 1 when anything differs.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

# Name, arguments, checkpoint, train op, loss, arguments of tf_oracle.py (sizes of feeds), of compare.py.
# char_rnn's gate bias of 1 has a gradient of 4,096 numbers that cancel to 1/300 of themselves: 3e-5 is allowed for.
EXAMPLES = [
    ('linear', '--save {}', 'model', 'Adam', 'Mean:0', '--batch 4', ''),
    ('published_run', '--save {}', 'model', 'Adam', 'Neg:0', '--batch 8', ''),
    ('autoencoder', '--epochs 1 --save {}', 'model', 'Adam', 'mean_squared_error/weighted_loss/DivNoNan:0',
     '--batch 4', ''),
    ('embedding', '--rounds 1 --save {}', 'model', 'Adagrad', 'AddV2:0', '--batch 6', ''),
    ('char_rnn', '--rounds 1 --save {}', 'model', 'Adam', 'sparse_softmax_cross_entropy_loss/weighted_loss/DivNoNan:0',
     '', '--rtol 3e-5'),
    ('digits', '--epochs 1 --model {}', 'net-42', 'Adam', 'total_loss:0', '--batch 4', ''),
]
ORDER = re.compile('effect-order')
# What compare.py says of a number too small to be normal, which TensorFlow's threads flush to 0 and Weir keeps.
DENORMAL = re.compile(r'differs by (\S+) of its largest value \(allowed 0\.0e\+00\)')


def run(*command, env=None):
    return subprocess.run(command, capture_output=True, text=True, errors='replace', env=env)


def last(text):
    return (text.strip().splitlines() or [''])[-1][-300:]


def compare(a, case, rtol):
    """(equal, figures) over optimised and not."""
    figures, equal = [], True
    for options in ([], ['--noopt']):
        r = run(a.python, os.path.join(a.oracle, 'compare.py'), case, '--graphdef', a.graphdef, '--show', '100',
                *options, *rtol.split())
        m = re.search(r'(\d+) of (\d+) tensors equal', r.stdout)
        if not m: return False, last(r.stderr)
        denormal = sum(float(d) < 1.2e-38 for d in DENORMAL.findall(r.stdout))
        figures.append(f'{m[1]} of {m[2]}' + (f' and {denormal} denormal' if denormal else ''))
        if int(m[1]) + denormal != int(m[2]):
            equal = False
            figures[-1] += ' (' + ' '.join(r.stdout.splitlines()[1:3]).strip() + ')'
    return equal, ' / '.join(figures)


def example(a, name, arguments, checkpoint, train, loss, oracle, rtol):
    """Prints a line a check; whether all hold."""
    folder = os.path.join(a.work, name)
    r = run(os.path.join(a.build, 'examples', name), *arguments.format(folder).split())
    if r.returncode:
        print(f'{name}: does not run: {last(r.stderr)}')
        return False
    graph, ckpt = os.path.join(folder, 'graph.pb'), os.path.join(folder, checkpoint)
    r = run(a.graphdef, 'check', graph)
    good = r.returncode == 0 and not ORDER.search(r.stdout)
    print(f'{name}: check: {last(r.stdout)}' + ('' if good else ' NOT AS PROMISED'), flush=True)
    cases = [('tensors', []), ('train', ['--target', train, '--fetch', loss])]
    for what, options in cases:
        case = os.path.join(folder, what)
        r = run(a.python, os.path.join(a.oracle, 'tf_oracle.py'), what, graph, case, '--ckpt', ckpt,
                *options, *oracle.split())
        if r.returncode:
            print(f'{name}: {what}: TensorFlow: {last(r.stderr)}')
            good = False
            continue
        left = last(r.stdout).split('left out: ')[-1]
        equal, figures = compare(a, case, rtol)
        print(f'{name}: {what}: {figures} equal (optimised / as written); TensorFlow left out: {left}', flush=True)
        good = good and equal
    return good


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--oracle', required=True)
    p.add_argument('--build', required=True)
    p.add_argument('--python', default=sys.executable)
    p.add_argument('--work')
    p.add_argument('--only', default='')
    a = p.parse_args()
    a.graphdef = os.path.join(os.path.abspath(a.build), 'tools', 'graphdef')
    a.work = os.path.abspath(a.work or tempfile.mkdtemp())
    bad = [e[0] for e in EXAMPLES if a.only in e[0] and not example(a, *e)]
    print('differs: ' + ', '.join(bad) if bad else 'TensorFlow computes the same for all')
    sys.exit(1 if bad else 0)


main()
