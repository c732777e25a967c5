"""Cases of the ops on sequences: recurrent cells."""

import numpy as np

from draw import Case


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


GENERATORS = {
    "LSTMBlockCell": lstm_cell, "LSTMBlockCellGrad": lstm_cell_grad,
    "BlockLSTM": block_lstm(1), "BlockLSTMV2": block_lstm(2),
    "BlockLSTMGrad": block_lstm_grad, "BlockLSTMGradV2": block_lstm_grad,
    "GRUBlockCell": gru_cell(False), "GRUBlockCellGrad": gru_cell(True),
}
