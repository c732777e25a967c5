"""Cases of the ops on sequences: recurrent cells."""

import numpy as np

from draw import TYPES, Case


def lstm_sizes(d):
    """batch, inputs, units; a batch of 0 is refused by most."""
    return d.int(1, 4), d.int(1, 5), d.int(1, 5)


def lstm_weights(d, t, inputs, units):
    v = lambda *shape: d.values(t, shape, -1, 1, wild=False)
    return [v(inputs + units, 4 * units), v(units), v(units), v(units), v(4 * units)]


def lstm_attrs(d, version):
    attrs = dict(cell_clip=d.pick([3.0, 0.0, -1.0, 0.5]), use_peephole=d.flag())
    return attrs if version == 2 else dict(attrs, forget_bias=d.pick([1.0, 0.0, 0.5]))


def lstm_cell(d):
    t, (batch, inputs, units) = d.type(), lstm_sizes(d)
    v = lambda *shape: d.values(t, shape, -2, 2, wild=False)
    return Case(v(batch, inputs), v(batch, units), v(batch, units), *lstm_weights(d, t, inputs, units),
                **lstm_attrs(d, 1))


def lstm_cell_grad(d):
    t, (batch, inputs, units) = d.type(), lstm_sizes(d)
    v = lambda *shape: d.values(t, shape, -1, 1, wild=False)
    return Case(v(batch, inputs), v(batch, units), v(batch, units), *lstm_weights(d, t, inputs, units),
                *(v(batch, units) for _ in range(8)), use_peephole=d.flag())


def block_lstm(version):
    def gen(d):
        t, (batch, inputs, units) = d.type(), lstm_sizes(d)
        time = d.int(0, 5)
        v = lambda *shape: d.values(t, shape, -2, 2, wild=False)
        steps = d.int(0, time) if d.flag(0.4) else time
        case = Case(np.int64(steps), v(time, batch, inputs), v(batch, units), v(batch, units),
                    *lstm_weights(d, t, inputs, units), **lstm_attrs(d, version))
        case.weighted = (1, 6)  # TensorFlow's gradient is by cs and h alone
        if steps < time:
            case.undefined = (0, 2, 3, 4, 5)
        return case
    return gen


def block_lstm_grad(d):
    t, (batch, inputs, units) = d.type(), lstm_sizes(d)
    time = d.int(0, 5)
    v = lambda *shape: d.values(t, shape, -1, 1, wild=False)
    steps = d.int(0, time) if d.flag(0.4) else time
    return Case(np.int64(steps), v(time, batch, inputs), v(batch, units), v(batch, units),
                *lstm_weights(d, t, inputs, units), *(v(time, batch, units) for _ in range(9)),
                use_peephole=d.flag())


def gru_cell(grad):
    def gen(d):
        batch, inputs, units = lstm_sizes(d)
        v = lambda *shape: d.values("float", shape, -1, 1, wild=False)
        state = (batch, units)
        return Case(v(batch, inputs), v(*state), v(inputs + units, 2 * units), v(inputs + units, units), v(2 * units),
                    v(units), *(v(*state) for _ in range(4 if grad else 0)))
    return gen


def ctc_sizes(d):
    """time, batch, classes; most refuse 0."""
    return d.int(1, 8), d.int(1, 4), d.int(2, 6)


def ctc_loss(d):
    t, (time, batch, classes) = d.type(), ctc_sizes(d)
    steps = d.rng.integers(1, time, batch, endpoint=True).astype(np.int32)
    longer = d.flag(0.2)
    at, labels = [], []
    for b in range(batch):  # no sequence without labels: TensorFlow refuses it, or its loss is wrong
        for k in range(d.int(1, time if longer else int(steps[b]))):
            at.append((b, k))
            labels.append(d.int(0, classes - 2))
    if d.flag(0.1):
        labels[-1] = d.pick([-1, classes - 1]) if len(at) > 1 and at[-2][0] == batch - 1 else 0
    case = Case(d.values(t, (time, batch, classes), -3, 3, wild=False), np.array(at, np.int64),
                np.array(labels, np.int32), steps, preprocess_collapse_repeated=d.flag(0.2),
                ctc_merge_repeated=d.flag(0.8), ignore_longer_outputs_than_inputs=d.flag(0.7))
    case.weighted = (0,)  # TensorFlow's gradient is that of the loss
    return case


def ctc_decoder(beams):
    def gen(d):
        t, (time, batch, classes) = d.type(), ctc_sizes(d)
        # Far from ties, which each library decides in its own way.
        logits = d.rng.permutation(time * batch * classes).reshape(time, batch, classes) * 0.7937 % 5 - 2.5
        steps = d.rng.integers(0 if d.flag(0.1) else (time + 1) // 2, time, batch, endpoint=True).astype(np.int32)
        attrs = dict(merge_repeated=d.flag())
        if beams:
            attrs.update(beam_width=d.int(1, 12))
            attrs.update(top_paths=d.int(1, min(attrs["beam_width"], 3)))
        elif d.flag(0.3):
            attrs.update(blank_index=d.int(-classes, classes - 1))
        return Case(logits.astype(TYPES[t]), steps, grad=False, **attrs)
    return gen


GENERATORS = {
    "CTCLoss": ctc_loss, "CTCGreedyDecoder": ctc_decoder(False), "CTCBeamSearchDecoder": ctc_decoder(True),
    "LSTMBlockCell": lstm_cell, "LSTMBlockCellGrad": lstm_cell_grad,
    "BlockLSTM": block_lstm(1), "BlockLSTMV2": block_lstm(2),
    "BlockLSTMGrad": block_lstm_grad, "BlockLSTMGradV2": block_lstm_grad,
    "GRUBlockCell": gru_cell(False), "GRUBlockCellGrad": gru_cell(True),
}
