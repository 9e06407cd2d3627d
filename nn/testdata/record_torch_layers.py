#!/usr/bin/env python3
"""Records what more of PyTorch's layers give, for torch_layers.json.

    python3 nn/testdata/record_torch_layers.py > nn/testdata/torch_layers.json

Each case is as record_torch.py explains: settings, input, weights by our names and in
our layout (sequences [B, T, C], images [B, H, W, C]), the result, and the gradients of the sum of
that times "ct". Pairs of settings are those of H and W; a layer of sequences uses the
second. All is float64, and each case has a seed of its own. Recorded with PyTorch 2.15.0.
"""
import json
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def numbers(*shape):
    return (torch.randint(-64, 65, shape) / 32).requires_grad_()


def distinct(*shape):
    n = torch.Size(shape).numel()
    return (torch.randperm(n).reshape(shape) / 8).requires_grad_()


def dense(t):
    return {"shape": list(t.shape), "v": t.detach().contiguous().flatten().tolist()}


def case(layer, settings, x, weights, y):
    """x, weights and y are leaves and a result in our layout."""
    ct = (torch.randint(-64, 65, y.shape) / 32)
    leaves = [x] + list(weights.values())
    grads = list(torch.autograd.grad((y * ct).sum(), leaves))
    out = {"layer": layer, "settings": settings, "x": dense(x), "y": dense(y), "ct": dense(ct), "weights": {}, "gradients": {}}
    out["gradients"]["x"] = dense(grads.pop(0))
    for (name, w), g in zip(weights.items(), grads):
        out["weights"][name] = dense(w)
        out["gradients"][name] = dense(g)
    return out


def first(x):
    """[B, ..., C] as PyTorch's [B, C, ...]."""
    return x.movedim(-1, 1)


def last(y):
    return y.movedim(1, -1)


def conv1d(b, t, c, out, k, stride=1, lo=0, hi=0, dilation=1, groups=1):
    x, w, bias = numbers(b, t, c), numbers(k, c // groups, out), numbers(out)
    y = last(F.conv1d(F.pad(first(x), (lo, hi)), w.permute(2, 1, 0), bias, stride, 0, dilation, groups))
    return case("conv1d", {"out": out, "kernel": [1, k], "stride": [1, stride], "lo": [0, lo], "hi": [0, hi], "dilation": [1, dilation], "groups": groups},
                x, {"weight": w, "bias": bias}, y)


def transposed(w, c, groups):
    """Our kernel [..., In/G, Out] as PyTorch's [In, Out/G, ...]."""
    taps = w.shape[:-2]
    out = w.shape[-1]
    w = w.reshape(*taps, c // groups, groups, out // groups).movedim(-2, 0).movedim(-2, 1)  # [G, In/G, ..., Out/G]
    return w.movedim(-1, 2).reshape(c, out // groups, *taps)


def conv_transpose1d(b, t, c, out, k, stride, pad=0, extra=0, dilation=1, groups=1):
    x, w, bias = numbers(b, t, c), numbers(k, c // groups, out), numbers(out)
    y = last(F.conv_transpose1d(first(x), transposed(w, c, groups), bias, stride, pad, extra, groups, dilation))
    return case("conv_transpose1d", {"out": out, "kernel": [1, k], "stride": [1, stride], "lo": [0, pad], "hi": [0, pad], "extra": [0, extra],
                                     "dilation": [1, dilation], "groups": groups}, x, {"weight": w, "bias": bias}, y)


def conv_transpose2d(b, h, w, c, out, kernel, stride, pad=(0, 0), extra=(0, 0), dilation=(1, 1), groups=1):
    x, k, bias = numbers(b, h, w, c), numbers(*kernel, c // groups, out), numbers(out)
    y = last(F.conv_transpose2d(first(x), transposed(k, c, groups), bias, stride, pad, extra, groups, dilation))
    return case("conv_transpose2d", {"out": out, "kernel": kernel, "stride": stride, "lo": pad, "hi": pad, "extra": extra,
                                     "dilation": dilation, "groups": groups}, x, {"weight": k, "bias": bias}, y)


def max_pool1d(b, t, c, size, stride, pad):
    x = distinct(b, t, c)
    return case("max_pool1d", {"size": [1, size], "stride": [1, stride], "lo": [0, pad], "hi": [0, pad]}, x, {}, last(F.max_pool1d(first(x), size, stride, pad)))


def avg_pool1d(b, t, c, size, stride, pad, count):
    x = numbers(b, t, c)
    return case("avg_pool1d", {"size": [1, size], "stride": [1, stride], "lo": [0, pad], "hi": [0, pad], "count": count}, x, {},
                last(F.avg_pool1d(first(x), size, stride, pad, count_include_pad=count)))


def adaptive(layer, shape, to, f):
    x = distinct(*shape)
    return case(layer, {"size": to}, x, {}, last(f(first(x), to if len(shape) == 4 else to[1])))


def global_max():
    x = distinct(2, 3, 4, 3)
    return case("global_max_pool", {}, x, {}, x.amax((1, 2)))


def global_avg():
    x = numbers(2, 5, 3)
    return case("global_avg_pool", {}, x, {}, x.mean(1))


def norm(layer, settings, shape, f, shift=True):
    x, weights = numbers(*shape), {"scale": numbers(shape[-1])}
    if shift:
        weights["shift"] = numbers(shape[-1])
    return case(layer, settings, x, weights, last(f(first(x), *weights.values())))


def batch_norm(shape):
    return norm("batch_norm", {}, shape, lambda x, s, b: F.batch_norm(x, torch.zeros(shape[-1]), torch.ones(shape[-1]), s, b, training=True))


def rms_norm():
    x, s = numbers(2, 3, 5), numbers(5)
    return case("rms_norm", {}, x, {"scale": s}, F.rms_norm(x, (5,), s, 1e-5))


def weight_norm_linear():
    x, v, g, bias = numbers(3, 4), numbers(4, 5), numbers(5), numbers(5)
    return case("weight_norm_linear", {"out": 5}, x, {"weight_v": v, "weight_g": g, "bias": bias},
                F.linear(x, torch._weight_norm(v.t(), g[:, None], 0), bias))


def weight_norm_conv():
    x, v, g, bias = numbers(2, 4, 5, 3), numbers(3, 2, 3, 4), numbers(4), numbers(4)
    w = torch._weight_norm(v.permute(3, 2, 0, 1), g[:, None, None, None], 0)
    return case("weight_norm_conv", {"out": 4, "kernel": [3, 2]}, x, {"weight_v": v, "weight_g": g, "bias": bias}, last(F.conv2d(first(x), w, bias)))


def attention_weights(d, prefix=""):
    p = {}
    for name in ["query", "key", "value", "out"]:
        p[prefix + name + ".weight"] = (numbers(d, d) / 2).detach().requires_grad_()
        p[prefix + name + ".bias"] = numbers(d)
    return p


def absent(lengths, places):
    return torch.arange(places)[None, :] >= torch.tensor(lengths)[:, None]


def attend(x, memory, p, prefix, heads, causal=False, padding=None):
    """PyTorch's own attention on our leaves."""
    names = ["query", "key", "value"]
    w = torch.cat([p[prefix + n + ".weight"].t() for n in names])
    b = torch.cat([p[prefix + n + ".bias"] for n in names])
    t = x.shape[1]
    mask = torch.triu(torch.ones(t, t, dtype=torch.bool), diagonal=1) if causal else None
    y, _ = F.multi_head_attention_forward(
        x.transpose(0, 1), memory.transpose(0, 1), memory.transpose(0, 1), x.shape[-1], heads, w, b, None, None, False, 0.0,
        p[prefix + "out.weight"].t(), p[prefix + "out.bias"], training=True, need_weights=False, attn_mask=mask, key_padding_mask=padding)
    return y.transpose(0, 1)


def masked_attention(causal):
    x, p, lengths = numbers(3, 5, 6), attention_weights(6), [5, 3, 1]
    y = attend(x, x, p, "", 2, causal, absent(lengths, 5))
    return case("masked_attention", {"heads": 2, "causal": causal, "lengths": lengths}, x, p, y)


def cross_attention(lengths):
    """The first 3 places of x ask, the others are the memory."""
    x, p = numbers(2, 7, 4), attention_weights(4)
    y = attend(x[:, :3], x[:, 3:], p, "", 2, False, absent(lengths, 4) if lengths else None)
    return case("cross_attention", {"heads": 2, "asking": 3, "lengths": lengths}, x, p, y)


def masked_block(norm):
    d, lengths = 4, [4, 2]
    x = numbers(2, 4, d)
    p = {"attention_norm.scale": numbers(d), **attention_weights(d, "attention."), "mlp_norm.scale": numbers(d),
         "mlp_in.weight": numbers(d, 4 * d), "mlp_in.bias": numbers(4 * d), "mlp_out.weight": numbers(4 * d, d), "mlp_out.bias": numbers(d)}
    if norm == "layer":
        p["attention_norm.shift"], p["mlp_norm.shift"] = numbers(d), numbers(d)

    def normalise(x, name):
        if norm == "rms":
            return F.rms_norm(x, (d,), p[name + ".scale"], 1e-5)
        return F.layer_norm(x, (d,), p[name + ".scale"], p[name + ".shift"])

    n = normalise(x, "attention_norm")
    y = x + attend(n, n, p, "attention.", 2, False, absent(lengths, 4))
    n = normalise(y, "mlp_norm")
    y = y + F.gelu(n @ p["mlp_in.weight"] + p["mlp_in.bias"]) @ p["mlp_out.weight"] + p["mlp_out.bias"]
    return case("masked_block", {"heads": 2, "lengths": lengths, "norm": norm}, x, p, y)


def recurrent(kind, b, t, n, hidden, layers, both, keep_last, lengths=None):
    """With lengths, PyTorch's packed sequences, whose order it restores itself."""
    gates = 4 if kind == "lstm" else 3
    module = (torch.nn.LSTM if kind == "lstm" else torch.nn.GRU)(n, hidden, layers, batch_first=True, bidirectional=both)
    x, ours, theirs = numbers(b, t, n), {}, {}
    for i in range(layers):
        for suffix, way in [("", ""), ("_reverse", "_reverse")][:1 + both]:
            name = f"layer{i+1}{way}."
            wide = n if i == 0 else hidden * (1 + both)
            ours[name + "weight_x"] = (numbers(wide, gates * hidden) / 2).detach().requires_grad_()
            ours[name + "weight_h"] = (numbers(hidden, gates * hidden) / 2).detach().requires_grad_()
            ours[name + "bias"] = numbers(gates * hidden)
            theirs[f"weight_ih_l{i}{suffix}"] = ours[name + "weight_x"].t()
            theirs[f"weight_hh_l{i}{suffix}"] = ours[name + "weight_h"].t()
            theirs[f"bias_ih_l{i}{suffix}"] = ours[name + "bias"]
            second = torch.zeros(gates * hidden)
            if kind == "gru":
                ours[name + "bias_h"] = numbers(hidden)
                second = torch.cat([torch.zeros(2 * hidden), ours[name + "bias_h"]])
            theirs[f"bias_hh_l{i}{suffix}"] = second
    if lengths:
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
        y, state = torch.func.functional_call(module, theirs, (packed,))
        y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=t)
    else:
        y, state = torch.func.functional_call(module, theirs, x)
    if keep_last:
        h = state[0] if kind == "lstm" else state
        y = torch.cat([h[-2], h[-1]], -1) if both else h[-1]
    settings = {"hidden": hidden, "layers": layers, "both": both, "last": keep_last}
    return case(kind, settings | {"lengths": lengths} if lengths else settings, x, ours, y)


cases = [
    lambda: conv1d(2, 7, 3, 4, 3, lo=1, hi=1),
    lambda: conv1d(1, 9, 2, 3, 3, stride=2, lo=4, dilation=2),
    lambda: conv1d(2, 6, 4, 6, 2, groups=2),
    lambda: conv1d(2, 5, 3, 3, 3, groups=3, hi=2),
    lambda: conv_transpose1d(2, 4, 3, 2, 4, 2, pad=1),
    lambda: conv_transpose1d(1, 5, 4, 6, 3, 3, extra=2, groups=2),
    lambda: conv_transpose1d(1, 4, 2, 2, 3, 1, pad=2, dilation=2),
    lambda: conv_transpose2d(2, 3, 4, 3, 2, (4, 4), (2, 2), pad=(1, 1)),
    lambda: conv_transpose2d(1, 3, 2, 4, 6, (3, 2), (2, 3), pad=(1, 0), extra=(1, 2), groups=2),
    lambda: conv_transpose2d(1, 3, 3, 2, 3, (2, 3), (1, 2), pad=(1, 2), dilation=(2, 2), extra=(0, 1)),
    lambda: conv_transpose2d(2, 2, 3, 3, 3, (3, 3), (2, 1), groups=3),
    lambda: max_pool1d(2, 7, 3, 3, 2, 1),
    lambda: avg_pool1d(2, 7, 3, 3, 2, 1, True),
    lambda: avg_pool1d(1, 8, 2, 3, 2, 1, False),
    lambda: adaptive("adaptive_avg_pool2d", (2, 6, 4, 3), (3, 2), F.adaptive_avg_pool2d),
    lambda: adaptive("adaptive_avg_pool2d", (1, 7, 5, 2), (3, 4), F.adaptive_avg_pool2d),
    lambda: adaptive("adaptive_max_pool2d", (1, 7, 5, 2), (3, 4), F.adaptive_max_pool2d),
    lambda: adaptive("adaptive_avg_pool1d", (2, 8, 3), (1, 3), F.adaptive_avg_pool1d),
    lambda: adaptive("adaptive_max_pool1d", (2, 8, 3), (1, 3), F.adaptive_max_pool1d),
    lambda: adaptive("adaptive_max_pool1d", (2, 8, 3), (1, 4), F.adaptive_max_pool1d),
    global_max,
    global_avg,
    lambda: norm("group_norm", {"groups": 2}, (2, 3, 4, 6), lambda x, s, b: F.group_norm(x, 2, s, b)),
    lambda: norm("group_norm", {"groups": 1}, (3, 4), lambda x, s, b: F.group_norm(x, 1, s, b)),
    lambda: norm("group_norm", {"groups": 4}, (2, 5, 4), lambda x, s, b: F.group_norm(x, 4, s, b)),
    lambda: norm("instance_norm", {}, (2, 3, 4, 3), lambda x, s, b: F.instance_norm(x, weight=s, bias=b)),
    lambda: norm("instance_norm", {}, (2, 6, 3), lambda x, s, b: F.instance_norm(x, weight=s, bias=b)),
    lambda: batch_norm((5, 3)),
    lambda: batch_norm((2, 4, 3)),
    rms_norm,
    weight_norm_linear,
    weight_norm_conv,
    lambda: masked_attention(False),
    lambda: masked_attention(True),
    lambda: cross_attention([]),
    lambda: cross_attention([4, 2]),
    lambda: masked_block("layer"),
    lambda: masked_block("rms"),
    lambda: recurrent("lstm", 2, 4, 3, 3, 1, False, False),
    lambda: recurrent("lstm", 2, 5, 3, 2, 2, True, False),
    lambda: recurrent("lstm", 3, 4, 2, 3, 2, True, True),
    lambda: recurrent("gru", 2, 4, 3, 3, 1, False, False),
    lambda: recurrent("gru", 2, 5, 3, 2, 2, True, False),
    lambda: recurrent("gru", 3, 4, 2, 3, 2, False, True),
    lambda: recurrent("lstm", 3, 5, 2, 3, 1, False, False, [2, 5, 1]),
    lambda: recurrent("lstm", 4, 5, 2, 2, 2, True, False, [4, 1, 3, 4]),
    lambda: recurrent("lstm", 3, 4, 2, 3, 2, True, True, [1, 4, 3]),
    lambda: recurrent("gru", 3, 5, 2, 3, 1, False, False, [2, 5, 1]),
    lambda: recurrent("gru", 4, 5, 2, 2, 2, True, False, [4, 1, 3, 4]),
    lambda: recurrent("gru", 3, 4, 2, 3, 2, True, True, [1, 4, 3]),
]


def record(i, make):
    torch.manual_seed(i)
    return make()


json.dump([record(i, make) for i, make in enumerate(cases)], sys.stdout, separators=(",", ":"))
print()
