"""The same three training steps in PyTorch: python3 torch_steps.py mlp|gpt|cnn threads seconds -> one JSON line."""
import json
import math
import sys
import time

import torch
import torch.nn.functional as F


def timed(seconds, call):
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - start))
    times.sort()
    return times[len(times) // 2], times[0], len(times)


def mlp():
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 512), torch.nn.ReLU(), torch.nn.Linear(512, 512), torch.nn.ReLU(), torch.nn.Linear(512, 10)
    )
    x, y = torch.rand(128, 784), torch.randint(0, 10, (128,))
    return model, torch.optim.SGD(model.parameters(), lr=0.1), lambda: F.cross_entropy(model(x), y)


class Block(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.attention, self.project = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)
        self.up, self.down = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

    def forward(self, h, mask):
        batch, tokens, width = h.shape
        qkv = self.attention(self.norm1(h)).view(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) / math.sqrt(width // self.heads) + mask
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, tokens, width)
        h = h + self.project(mixed)
        return h + self.down(F.gelu(self.up(self.norm2(h))))


class Gpt(torch.nn.Module):
    def __init__(self, layers=4, width=128, heads=4, tokens=128, vocabulary=1024):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, width)
        self.positions = torch.nn.Parameter(0.02 * torch.randn(tokens, width))
        self.blocks = torch.nn.ModuleList([Block(width, heads) for _ in range(layers)])
        self.norm, self.head = torch.nn.LayerNorm(width), torch.nn.Linear(width, vocabulary, bias=False)
        # A mask of finite depth: -inf or -1e9 makes denormal numbers, on which both sides would crawl.
        self.register_buffer("mask", torch.triu(torch.full((tokens, tokens), -60.0), 1))

    def forward(self, ids):
        h = self.embedding(ids) + self.positions
        for block in self.blocks:
            h = block(h, self.mask)
        return self.head(self.norm(h))


def gpt():
    model = Gpt()
    ids, after = torch.randint(0, 1024, (16, 128)), torch.randint(0, 1024, (16, 128))
    step = lambda: F.cross_entropy(model(ids).view(-1, 1024), after.view(-1))
    return model, torch.optim.Adam(model.parameters(), lr=1e-3), step


def cnn():
    conv = lambda inner: torch.nn.Conv2d(inner, 32, 3, padding=1)
    relu = torch.nn.ReLU
    body = torch.nn.Sequential(conv(1), relu(), conv(32), relu(), conv(32), relu())
    head = torch.nn.Linear(32, 10)
    model = torch.nn.ModuleList([body, head])
    x, y = torch.rand(64, 1, 28, 28), torch.randint(0, 10, (64,))
    return model, torch.optim.SGD(model.parameters(), lr=0.1), lambda: F.cross_entropy(head(body(x).mean((2, 3))), y)


def main():
    name, threads, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    model, optimizer, loss = {"mlp": mlp, "gpt": gpt, "cnn": cnn}[name]()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        optimizer.step()

    for _ in range(3):
        step()
    median, best, runs = timed(seconds, step)
    print(json.dumps({"peer": "torch " + torch.__version__, "model": name, "threads": threads, "best": best, "median": median, "runs": runs}))


main()
