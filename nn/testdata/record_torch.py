#!/usr/bin/env python3
"""Records what PyTorch's layers of images and sequences give, for torch.json.

    python3 nn/testdata/record_torch.py > nn/testdata/torch.json

Each case has the layer's settings, its input, its weights by our names and in our
layout (images [B, H, W, C], kernels [KH, KW, C, Out], matrices [In, Out]), what it
gives, and the gradients of the sum of that times "ct": by the input and by each
weight. All is float64. Recorded with PyTorch 1.13.1.
"""
import json
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def numbers(*shape):
    return (torch.randint(-64, 65, shape) / 32).requires_grad_()


def dense(t):
    return {"shape": list(t.shape), "v": t.detach().contiguous().flatten().tolist()}


def case(layer, settings, x, weights, y):
    """x, weights and y are leaves and a result in our layout."""
    ct = (torch.randint(-64, 65, y.shape) / 32)
    leaves = [x] + list(weights.values()) if x.is_floating_point() else list(weights.values())
    grads = list(torch.autograd.grad((y * ct).sum(), leaves))
    out = {"layer": layer, "settings": settings, "x": dense(x.double()), "y": dense(y), "ct": dense(ct), "weights": {}, "gradients": {}}
    if x.is_floating_point():
        out["gradients"]["x"] = dense(grads.pop(0))
    for (name, w), g in zip(weights.items(), grads):
        out["weights"][name] = dense(w)
        out["gradients"][name] = dense(g)
    return out


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def conv(b, h, w, c, out, kernel, stride=(1, 1), pad=(0, 0), dilation=(1, 1), groups=1):
    x, k, bias = numbers(b, h, w, c), numbers(*kernel, c // groups, out), numbers(out)
    y = nhwc(F.conv2d(nchw(x), k.permute(3, 2, 0, 1), bias, stride, pad, dilation, groups))
    return case("conv2d", {"out": out, "kernel": kernel, "stride": stride, "pad": pad, "dilation": dilation, "groups": groups},
                x, {"weight": k, "bias": bias}, y)


def max_pool(b, h, w, c, size, stride, pad=(0, 0)):
    x = (torch.randperm(b * h * w * c).reshape(b, h, w, c) / 8).requires_grad_()
    return case("max_pool2d", {"size": size, "stride": stride, "pad": pad}, x, {}, nhwc(F.max_pool2d(nchw(x), size, stride, pad)))


def avg_pool(b, h, w, c, size, stride, pad, count):
    x = numbers(b, h, w, c)
    y = nhwc(F.avg_pool2d(nchw(x), size, stride, pad, count_include_pad=count))
    return case("avg_pool2d", {"size": size, "stride": stride, "pad": pad, "count": count}, x, {}, y)


def batch_norm():
    x, scale, shift = numbers(2, 3, 3, 4), numbers(4), numbers(4)
    y = nhwc(F.batch_norm(nchw(x), torch.zeros(4), torch.ones(4), scale, shift, training=True))
    return case("batch_norm", {}, x, {"scale": scale, "shift": shift}, y)


def embedding():
    x, w = torch.randint(0, 5, (3, 4)), numbers(5, 3)
    return case("embedding", {"symbols": 5, "dim": 3}, x, {"weight": w}, F.embedding(x, w))


def attend(x, p, prefix, heads, causal):
    """PyTorch's own attention on our leaves."""
    d = x.shape[-1]
    names = ["query", "key", "value"]
    w = torch.cat([p[prefix + n + ".weight"].t() for n in names])
    b = torch.cat([p[prefix + n + ".bias"] for n in names])
    t = x.shape[1]
    mask = torch.triu(torch.full((t, t), float("-inf")), diagonal=1) if causal else None
    y, _ = F.multi_head_attention_forward(
        x.transpose(0, 1), x.transpose(0, 1), x.transpose(0, 1), d, heads, w, b, None, None, False, 0.0,
        p[prefix + "out.weight"].t(), p[prefix + "out.bias"], training=True, need_weights=False, attn_mask=mask)
    return y.transpose(0, 1)


def attention_weights(d, prefix=""):
    p = {}
    for name in ["query", "key", "value", "out"]:
        p[prefix + name + ".weight"] = (numbers(d, d) / 2).detach().requires_grad_()
        p[prefix + name + ".bias"] = numbers(d)
    return p


def attention(causal):
    x, p = numbers(2, 4, 6), attention_weights(6)
    return case("attention", {"heads": 2, "causal": causal}, x, p, attend(x, p, "", 2, causal))


def block():
    d = 4
    x = numbers(2, 3, d)
    p = {"attention_norm.scale": numbers(d), "attention_norm.shift": numbers(d), **attention_weights(d, "attention."),
         "mlp_norm.scale": numbers(d), "mlp_norm.shift": numbers(d), "mlp_in.weight": numbers(d, 4 * d), "mlp_in.bias": numbers(4 * d),
         "mlp_out.weight": numbers(4 * d, d), "mlp_out.bias": numbers(d)}
    n = F.layer_norm(x, (d,), p["attention_norm.scale"], p["attention_norm.shift"])
    y = x + attend(n, p, "attention.", 2, True)
    n = F.layer_norm(y, (d,), p["mlp_norm.scale"], p["mlp_norm.shift"])
    y = y + F.gelu(n @ p["mlp_in.weight"] + p["mlp_in.bias"]) @ p["mlp_out.weight"] + p["mlp_out.bias"]
    return case("block", {"heads": 2, "causal": True}, x, p, y)


cases = [
    conv(2, 5, 4, 3, 2, (3, 3), pad=(1, 1)),
    conv(1, 6, 5, 2, 3, (3, 2), stride=(2, 1), pad=(1, 0)),
    conv(2, 7, 6, 2, 2, (2, 3), stride=(1, 2), dilation=(3, 2), pad=(2, 1)),
    conv(1, 5, 5, 4, 6, (3, 3), groups=2, stride=(2, 2), pad=(1, 1)),
    conv(1, 4, 5, 3, 3, (3, 1), groups=3),
    conv(2, 3, 3, 3, 2, (1, 1)),
    max_pool(2, 4, 6, 2, (2, 2), (2, 2)),
    max_pool(1, 5, 5, 2, (3, 2), (2, 1), (1, 1)),
    avg_pool(1, 4, 6, 2, (2, 3), (2, 3), (0, 0), True),
    avg_pool(1, 5, 4, 2, (3, 2), (1, 2), (1, 1), True),
    avg_pool(1, 5, 4, 2, (3, 2), (1, 2), (1, 1), False),
    batch_norm(),
    embedding(),
    attention(False),
    attention(True),
    block(),
]
json.dump(cases, sys.stdout, separators=(",", ":"))
print()
