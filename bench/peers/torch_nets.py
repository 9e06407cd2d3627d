"""The fixed networks of descent bench in PyTorch, eager or through torch.compile.

PyTorch runs at its best here as far as its settings go: fused optimizers,
channels-last convolutions, scaled_dot_product_attention, gradients set to None.
It computes the loss but no accuracy, which descent's step does.
"""

import peer  # first: it clears settings that must be gone before torch is loaded

import torch
import torch.nn.functional as F
from torch import nn

VERSION = tuple(int("".join(c for c in p if c.isdigit()) or 0) for p in torch.__version__.split("+")[0].split(".")[:2])


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads, self.qkv, self.out = heads, nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            mask = torch.ones(t, t, dtype=torch.bool).tril()
            s = (q @ k.transpose(-1, -2)) * (d // self.heads) ** -0.5
            y = s.masked_fill(~mask, float("-inf")).softmax(-1) @ v
        return self.out(y.transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.before, self.attention = nn.LayerNorm(d), Attention(d, heads)
        self.between = nn.LayerNorm(d)
        self.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d))

    def forward(self, x):
        x = x + self.attention(self.before(x))
        return x + self.mlp(self.between(x))


class CharLM(nn.Module):
    def __init__(self, d=128, blocks=4, heads=4):
        super().__init__()
        self.symbol, self.place = nn.Embedding(peer.SYMBOLS, d), nn.Embedding(peer.CONTEXT, d)
        self.blocks = nn.Sequential(*(Block(d, heads) for _ in range(blocks)))
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, peer.SYMBOLS)

    def forward(self, x):  # [B, T] → [B, T, symbols]
        return self.head(self.norm(self.blocks(self.symbol(x) + self.place.weight)))


def mlp(*widths):
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def cnn():
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10),
    ).to(memory_format=torch.channels_last)


def fused(args):
    """PyTorch has one-pass updates on the CPU since 2.4; before, they are passes of foreach or single tensors."""
    return {"fused": True} if VERSION >= (2, 4) and not args.no_fused else {}


def adam(args):
    return lambda p: torch.optim.Adam(p, lr=1e-3, **fused(args))


def adamw(args):
    return lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=0.01, **fused(args))


def momentum(args):
    return lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, **fused(args))


def on_digits(model):
    images, labels = peer.digits()
    mean, inverse = peer.scale(images)
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)

    def loss(rows):
        x = (images.index_select(0, rows).float() - mean) * inverse
        return F.cross_entropy(model(x), labels.index_select(0, rows))

    return loss, len(images)


def on_text(model):
    xs, ys = (torch.from_numpy(a) for a in peer.text())

    def loss(rows):
        out = model(xs.index_select(0, rows))
        return F.cross_entropy(out.flatten(0, 1), ys.index_select(0, rows).flatten())

    return loss, len(xs)


def size(model):
    return sum(p.numel() for p in model.parameters())


def training(args, model, on, batch, optimizer):
    (loss, examples), rule = on(model), optimizer(model.parameters())
    update = rule.step
    if args.compile:
        loss = torch.compile(loss, mode=args.mode)
        if args.no_fused:  # then Inductor makes the update's loop
            update = torch.compile(lambda: rule.step(), fullgraph=False)
    batches = peer.Batches(examples, batch, torch.from_numpy)
    last = [None]

    def once():
        e = loss(batches.next())
        rule.zero_grad(set_to_none=True)
        e.backward()
        update()
        last[0] = e.detach()

    return peer.Work(once, "steps/s", peer.rate(1), weights=size(model), loss=lambda: last[0].item())


def derivative(args, second):
    model, batch = mlp(784, 256, 128, 10), 512
    x = torch.from_numpy(peer.ramp(batch * 784)).view(batch, 784)
    y = torch.arange(batch) % 10
    parameters = [p.detach().requires_grad_() for p in model.parameters()]
    v = [torch.from_numpy(peer.ramp(p.numel())).view(p.shape) for p in parameters]
    count = size(model)

    def loss(ps):
        h = x
        for i in range(0, len(ps), 2):
            h = F.linear(h, ps[i], ps[i + 1])
            h = h.relu() if i + 2 < len(ps) else h
        return F.cross_entropy(h, y)

    if not second and not args.compile:
        once = lambda: torch.autograd.grad(loss(parameters), parameters)
    elif not second:
        f = torch.compile(loss, mode=args.mode)
        once = lambda: torch.autograd.grad(f(parameters), parameters)
    elif not args.compile:

        def once():
            g = torch.autograd.grad(loss(parameters), parameters, create_graph=True)
            return torch.autograd.grad(g, parameters, v)

    else:  # a compiled function cannot be differentiated twice from outside, so all is inside
        flat = [p.detach() for p in parameters]
        f = torch.compile(lambda ps, vs: torch.func.jvp(torch.func.grad(loss), (ps,), (vs,))[1], mode=args.mode)
        once = lambda: f(flat, v)
    return peer.Work(once, "ms", peer.milliseconds, weights=count)


def adam10m(args):
    n = 10_000_000
    w = nn.Parameter(torch.from_numpy(peer.ramp(n)))
    w.grad = torch.from_numpy(peer.ramp(n))
    rule = adam(args)([w])
    update = torch.compile(lambda: rule.step()) if args.compile and args.no_fused else rule.step
    return peer.Work(update, "GB/s", peer.rate(28 * n / 1e9))


def sgemm(args, n):
    a, b = (torch.from_numpy(peer.ramp(n * n)).view(n, n) for _ in range(2))
    c = torch.empty(n, n)
    f = torch.compile(lambda: torch.mm(a, b), mode=args.mode) if args.compile else lambda: torch.mm(a, b, out=c)
    return peer.Work(f, "GFLOP/s", peer.rate(2 * n**3 / 1e9))


def prepare(args, name):
    if args.compile and not hasattr(torch, "compile"):
        raise peer.Missing(f"PyTorch {torch.__version__} has no torch.compile")
    torch.manual_seed(1)
    match = {
        "mlp_adam": lambda: training(args, mlp(784, 256, 128, 10), on_digits, 128, adam(args)),
        "mlp_momentum": lambda: training(args, mlp(784, 256, 128, 10), on_digits, 128, momentum(args)),
        "wide_adam": lambda: training(args, mlp(784, 2048, 2048, 10), on_digits, 128, adam(args)),
        "cnn_adam": lambda: training(args, cnn(), on_digits, 64, adam(args)),
        "charlm_adamw": lambda: training(args, CharLM(), on_text, 32, adamw(args)),
        "adam10m": lambda: adam10m(args),
        "gradient512": lambda: derivative(args, False),
        "hvp512": lambda: derivative(args, True),
    }
    if name in match:
        return match[name]()
    if name.startswith("sgemm"):
        return sgemm(args, int(name[len("sgemm"):]))
    raise peer.Missing("not in this comparison")


def setup(args):
    torch.set_num_threads(args.threads)
    blas = "MKL" if torch.backends.mkl.is_available() else "another BLAS"
    capability = getattr(torch.backends, "cpu", None)
    detail = f"{blas}, oneDNN" + (f", {capability.get_cpu_capability()}" if capability else "")
    hello = {"peer": "PyTorch", "version": torch.__version__, "detail": detail}
    return hello, lambda name: prepare(args, name)


def flags(parser):
    parser.add_argument("--compile", action="store_true", help="through torch.compile")
    parser.add_argument("--mode", default="default", help="of torch.compile, such as max-autotune-no-cudagraphs")
    parser.add_argument("--no-fused", action="store_true", help="the optimizer as PyTorch chooses it, and compiled with --compile")


if __name__ == "__main__":
    peer.main(setup, flags)
