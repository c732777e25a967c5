#!/usr/bin/env python3
"""Lets live TensorFlow open the corpus' graphs as Weir writes them again, and compute the same.

  opens_corpus.py --oracle DIR --cases DIR --graphdef PATH [--python PYTHON] [--only TEXT]

--cases holds what compare_corpus.py made. Each graph is loaded and written by `graphdef convert`, in its own form and
in every other that keeps all of it: a GraphDef as .pb and .pbtxt; a MetaGraph as .meta beside its checkpoint, which
went through an .npz file, and as a SavedModel with the checkpoint's values; a SavedModel as one. Then `tf_oracle.py
opens` compares every tensor of the case; where some differ, also those of the graph as it was published (random numbers
do). PYTHON has tensorflow and numpy. Exit 1: more tensors differ than of the graph as published.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile


def run(*command): return subprocess.run(command, capture_output=True, text=True, errors='replace')


def written(a, c, model, ckpt, out):
    """(what was written, its checkpoint or '', the error or '')"""
    def convert(file, *arguments):
        r = run(a.graphdef, 'convert', model, '-o', os.path.join(out, file), *arguments)
        return os.path.join(out, file), r.stderr.strip() if r.returncode else ''

    if c['kind'] == 'saved_model':
        tags = ('--tags', *c['tags']) if c['tags'] else ()
        yield *convert('saved', *tags), ''
        return
    ours = ''
    if ckpt:
        ours = os.path.join(out, 'model')
        for file in (os.path.join(out, 'model.npz'), ours):
            r = run(a.graphdef, 'convert', ckpt if file.endswith('.npz') else ours + '.npz', '-o', file, '--to',
                    'npz' if file.endswith('.npz') else 'checkpoint')
            if r.returncode: yield file, r.stderr.strip(), ''
    if c['kind'] == 'meta_graph':
        yield *convert('model.meta'), ours
        if ours: yield *convert('saved', '--ckpt', ours), ''
    else:
        yield *convert('model.pb'), ours
        yield *convert('model.pbtxt'), ours


def opens(a, file, ckpt, case):
    """(how many tensors differ, or infinity; what was said)"""
    r = run(a.python, os.path.join(a.oracle, 'tf_oracle.py'), 'opens', file, '--case', case,
            *(('--ckpt', ckpt) if ckpt else ()))
    said = ((r.stdout.strip() or r.stderr.strip()).splitlines() or ['nothing said'])[-1]
    m = re.search(r'(\d+) of (\d+) tensors', said)
    return int(m[2]) - int(m[1]) if m else float('inf'), said


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for n in ('oracle', 'cases', 'graphdef'): p.add_argument('--' + n, required=True)
    p.add_argument('--python', default=sys.executable)
    p.add_argument('--only', default='')
    a = p.parse_args()
    same = files = new = 0
    for d in sorted(os.listdir(a.cases)):
        case = os.path.join(a.cases, d)
        if a.only not in d or not os.path.exists(os.path.join(case, 'case.json')): continue
        c = json.load(open(os.path.join(case, 'case.json')))
        if c['what'] != 'tensors': continue
        model, ckpt = (os.path.normpath(os.path.join(case, c[k])) if c[k] else '' for k in ('model', 'ckpt'))
        with tempfile.TemporaryDirectory() as out:
            for file, error, ours in written(a, c, model, ckpt, out):
                differ, said = (float('inf'), error) if error else opens(a, file, ours, case)
                files, same = files + 1, same + (differ == 0)
                print(f'{d}: {os.path.basename(file)}: {said}', flush=True)
                if differ == 0: continue
                before, said = opens(a, model, ckpt, case)
                new += differ > before
                print(f'    as published: {said}', flush=True)
    print(f'{same} of {files} files opened with the same tensors; {new} differ in more than the published ones do')
    sys.exit(1 if new else 0)


main()
