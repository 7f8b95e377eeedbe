"""Writes the golden files: tiny seeded models in checkpoint folders, inputs and what PyTorch makes of them.

Run by hand, with Debian's python3-torch:  python3 make-goldens.py
Nothing here is shared with the TypeScript code: models are written with torch's own layers, files byte by byte.
"""

import json
import math
import shutil
import struct
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = Path(__file__).parent
TYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64", torch.uint8: "U8"}


def raw(tensor):
    if tensor.dtype == torch.bfloat16:
        return (tensor.float().numpy().view(np.uint32) >> 16).astype("<u2").tobytes()
    array = tensor.contiguous().numpy()
    return array.astype(array.dtype.newbyteorder("<")).tobytes()


def write_safetensors(path, tensors):
    header, parts, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors.items():
        data = raw(tensor.detach())
        header[name] = {
            "dtype": TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        offset += len(data)
        parts.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def write_case(name, config, weights, values, shards=1):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    if shards == 1:
        write_safetensors(folder / "model.safetensors", weights)
    else:
        names = list(weights)
        where, total = {}, 0
        for i in range(shards):
            file = f"model-{i + 1:05d}-of-{shards:05d}.safetensors"
            part = {n: weights[n] for n in names[i::shards]}
            write_safetensors(folder / file, part)
            where.update({n: file for n in part})
            total += sum(len(raw(t.detach())) for t in part.values())
        index = {"metadata": {"total_size": total}, "weight_map": where}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
    write_safetensors(folder / "expected.safetensors", {k: v.detach() for k, v in values.items()})


class Drawn(dict):
    """Weights drawn when they are first named; norms near 1."""

    def __init__(self, seed, dtype=torch.float32):
        super().__init__()
        self.random = torch.Generator().manual_seed(seed)
        self.dtype = dtype

    def draw(self, name, *shape, scale=0.3, centre=0.0):
        value = centre + scale * torch.randn(*shape, generator=self.random)
        self[name] = value.to(self.dtype)
        return self[name].float()

    def norm(self, x, name, eps, bias=True):
        width = x.shape[-1]
        scale = self.draw(f"{name}.weight", width, scale=0.2, centre=1.0)
        return F.layer_norm(x, (width,), scale, self.draw(f"{name}.bias", width), eps)

    def linear(self, x, name, out, bias=True):
        weight = self.draw(f"{name}.weight", out, x.shape[-1])
        return F.linear(x, weight, self.draw(f"{name}.bias", out) if bias else None)

    def conv1d(self, x, name, out):
        return x @ self.draw(f"{name}.weight", x.shape[-1], out) + self.draw(f"{name}.bias", out)


def heads_of(x, heads):
    batch, places, width = x.shape
    return x.view(batch, places, heads, width // heads).transpose(1, 2)


def attention(q, k, v, allowed=None):
    scores = torch.einsum("bhid,bhjd->bhij", q, k) / math.sqrt(q.shape[-1])
    if allowed is not None:
        scores = scores.masked_fill(~allowed, float("-inf"))
    pattern = torch.softmax(scores, -1)
    mixed = torch.einsum("bhij,bhjd->bihd", pattern, v)
    return mixed.reshape(*mixed.shape[:2], -1), pattern


def ids(seed, high, *shape):
    return torch.randint(0, high, shape, generator=torch.Generator().manual_seed(seed))


def normals(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def gpt2(name, seed, old, tie, shards=1, **extra):
    config = dict(model_type="gpt2", architectures=["GPT2LMHeadModel"], vocab_size=23, n_positions=9, n_embd=12,
                  n_layer=2, n_head=3, n_ctx=9, activation_function="gelu_new", layer_norm_epsilon=1e-5,
                  tie_word_embeddings=tie, **extra)
    w = Drawn(seed)
    tokens, width, heads = ids(seed, 23, 2, 7), 12, 3
    seen = torch.ones(2, 7, dtype=torch.int64)
    seen[1, 5:] = 0
    wte = w.draw("wte.weight", 23, width)
    x = wte[tokens] + w.draw("wpe.weight", 9, width)[:7]
    allowed = torch.tril(torch.ones(7, 7)).bool() & seen.bool()[:, None, None, :]
    values = dict(input_ids=tokens, attention_mask=seen)
    for i in range(2):
        values[f"hidden.{i}"] = x
        y = w.norm(x, f"h.{i}.ln_1", 1e-5)
        q, k, v = w.conv1d(y, f"h.{i}.attn.c_attn", 3 * width).split(width, -1)
        if extra.get("scale_attn_by_inverse_layer_idx"):
            q = q / (i + 1)
        mixed, pattern = attention(heads_of(q, heads), heads_of(k, heads), heads_of(v, heads), allowed)
        values[f"pattern.{i}"] = pattern
        x = x + w.conv1d(mixed, f"h.{i}.attn.c_proj", width)
        y = w.norm(x, f"h.{i}.ln_2", 1e-5)
        u = w.conv1d(y, f"h.{i}.mlp.c_fc", 4 * width)
        u = 0.5 * u * (1 + torch.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u**3)))
        x = x + w.conv1d(u, f"h.{i}.mlp.c_proj", width)
    x = w.norm(x, "ln_f", 1e-5)
    head = wte if tie else w.draw("lm_head.weight", 23, width)
    logits = x @ head.T
    target = tokens[:, 1:].masked_fill(seen[:, 1:] == 0, -100)
    values.update(logits=logits, loss=F.cross_entropy(logits[:, :-1].reshape(-1, 23), target.reshape(-1)))
    plain = F.cross_entropy(logits[:, :-1].reshape(-1, 23), tokens[:, 1:].reshape(-1))
    values.update(loss_unmasked=plain)
    weights = {}
    for key, value in w.items():
        weights[key if old or key.startswith("lm_head") else f"transformer.{key}"] = value
    if old:
        for i in range(2):
            weights[f"h.{i}.attn.bias"] = torch.tril(torch.ones(9, 9, dtype=torch.uint8)).view(1, 1, 9, 9)
            weights[f"h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
    elif tie:
        weights["lm_head.weight"] = w["wte.weight"].clone()
    write_case(name, config, weights, values, shards)


def bert(name, seed, architecture, old=False, dtype=torch.float32):
    width, heads, vocabulary = 12, 3, 19
    config = dict(model_type="bert", architectures=[architecture], vocab_size=vocabulary, hidden_size=width,
                  num_hidden_layers=2, num_attention_heads=heads, intermediate_size=20, hidden_act="gelu",
                  max_position_embeddings=10, type_vocab_size=2, layer_norm_eps=1e-12, pad_token_id=0)
    w = Drawn(seed, dtype)
    tokens, types, seen = ids(seed, vocabulary, 2, 8), torch.zeros(2, 8, dtype=torch.int64), torch.ones(2, 8, dtype=torch.int64)
    types[:, 4:] = 1
    seen[0, 6:] = 0
    words = w.draw("bert.embeddings.word_embeddings.weight", vocabulary, width)
    x = words[tokens] + w.draw("bert.embeddings.position_embeddings.weight", 10, width)[:8]
    x = x + w.draw("bert.embeddings.token_type_embeddings.weight", 2, width)[types]
    x = w.norm(x, "bert.embeddings.LayerNorm", 1e-12)
    values = dict(input_ids=tokens, token_type_ids=types, attention_mask=seen)
    for i in range(2):
        at = f"bert.encoder.layer.{i}"
        q, k, v = (heads_of(w.linear(x, f"{at}.attention.self.{p}", width), heads) for p in ("query", "key", "value"))
        mixed, values[f"pattern.{i}"] = attention(q, k, v, seen.bool()[:, None, None, :])
        x = w.norm(w.linear(mixed, f"{at}.attention.output.dense", width) + x, f"{at}.attention.output.LayerNorm", 1e-12)
        u = F.gelu(w.linear(x, f"{at}.intermediate.dense", 20))
        x = w.norm(w.linear(u, f"{at}.output.dense", width) + x, f"{at}.output.LayerNorm", 1e-12)
        values[f"hidden.{i + 1}"] = x
    if architecture != "BertForMaskedLM":
        pooled = torch.tanh(w.linear(x[:, 0], "bert.pooler.dense", width))
        values["pooled"] = pooled
    if architecture in ("BertForMaskedLM", "BertForPreTraining"):
        y = F.gelu(w.linear(x, "cls.predictions.transform.dense", width))
        y = w.norm(y, "cls.predictions.transform.LayerNorm", 1e-12)
        logits = y @ words.T + w.draw("cls.predictions.bias", vocabulary)
        labels = torch.full((2, 8), -100)
        labels[0, 2], labels[1, 7], labels[1, 0] = 5, 0, 18
        values.update(logits=logits, labels=labels, loss=F.cross_entropy(logits.reshape(-1, vocabulary), labels.reshape(-1)))
    if architecture == "BertForPreTraining":
        values["next_sentence"] = w.linear(pooled, "cls.seq_relationship", 2)
    if architecture == "BertForSequenceClassification":
        config["id2label"] = {"0": "bad", "1": "middling", "2": "good"}
        logits = w.linear(pooled, "classifier", 3)
        labels = torch.tensor([2, 0])
        values.update(logits=logits, labels=labels, loss=F.cross_entropy(logits, labels, label_smoothing=0.1))
    weights = dict(w)
    if old:
        weights = {k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v
                   for k, v in weights.items()}
        weights["bert.embeddings.position_ids"] = torch.arange(10).view(1, 10)
        weights["cls.predictions.decoder.weight"] = words.to(dtype)
        weights["cls.predictions.decoder.bias"] = weights["cls.predictions.bias"].clone()
    write_case(name, config, weights, values)


def llama(name, seed, tie, dtype=torch.float32, shards=1, scaling=None, bias=False):
    width, heads, shared, size, vocabulary, theta = 12, 6, 2, 4, 21, 10000.0
    config = dict(model_type="llama", architectures=["LlamaForCausalLM"], vocab_size=vocabulary, hidden_size=width,
                  intermediate_size=18, num_hidden_layers=2, num_attention_heads=heads, num_key_value_heads=shared,
                  head_dim=size, hidden_act="silu", max_position_embeddings=64, rms_norm_eps=1e-5, rope_theta=theta,
                  rope_scaling=scaling, tie_word_embeddings=tie, attention_bias=bias, mlp_bias=False)
    w = Drawn(seed, dtype)
    tokens, places = ids(seed, vocabulary, 2, 9), 9
    frequencies = [theta ** (-2 * i / size) for i in range(size // 2)]
    if scaling and scaling["rope_type"] == "llama3":
        # Wavelengths as in Llama 3.1's own code.
        low = scaling["original_max_position_embeddings"] / scaling["low_freq_factor"]
        high = scaling["original_max_position_embeddings"] / scaling["high_freq_factor"]
        changed = []
        for f in frequencies:
            wavelength = 2 * math.pi / f
            if wavelength < high:
                changed.append(f)
            elif wavelength > low:
                changed.append(f / scaling["factor"])
            else:
                smooth = (scaling["original_max_position_embeddings"] / wavelength - scaling["low_freq_factor"]) / (
                    scaling["high_freq_factor"] - scaling["low_freq_factor"])
                changed.append((1 - smooth) * f / scaling["factor"] + smooth * f)
        frequencies = changed
    turns = torch.polar(torch.ones(places, size // 2), torch.outer(torch.arange(places).float(), torch.tensor(frequencies)))

    def rotate(x):
        pairs = torch.complex(x[..., : size // 2].contiguous(), x[..., size // 2 :].contiguous()) * turns
        return torch.cat([pairs.real, pairs.imag], -1)

    def rms(x, at):
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5) * w.draw(f"{at}.weight", width, scale=0.2, centre=1.0)

    table = w.draw("model.embed_tokens.weight", vocabulary, width)
    x = table[tokens]
    values = dict(input_ids=tokens)
    causal = torch.tril(torch.ones(places, places)).bool()
    for i in range(2):
        at = f"model.layers.{i}"
        values[f"hidden.{i}"] = x
        y = rms(x, f"{at}.input_layernorm")
        q = rotate(heads_of(w.linear(y, f"{at}.self_attn.q_proj", heads * size, bias), heads))
        k = rotate(heads_of(w.linear(y, f"{at}.self_attn.k_proj", shared * size, bias), shared))
        v = heads_of(w.linear(y, f"{at}.self_attn.v_proj", shared * size, bias), shared)
        k, v = k.repeat_interleave(heads // shared, 1), v.repeat_interleave(heads // shared, 1)
        mixed, values[f"pattern.{i}"] = attention(q, k, v, causal)
        x = x + w.linear(mixed, f"{at}.self_attn.o_proj", width, bias)
        y = rms(x, f"{at}.post_attention_layernorm")
        gate = w.linear(y, f"{at}.mlp.gate_proj", 18, False)
        gate = gate / (1 + torch.exp(-gate))
        x = x + w.linear(gate * w.linear(y, f"{at}.mlp.up_proj", 18, False), f"{at}.mlp.down_proj", width, False)
    x = rms(x, "model.norm")
    logits = x @ (table if tie else w.draw("lm_head.weight", vocabulary, width)).T
    values.update(logits=logits, loss_unmasked=F.cross_entropy(logits[:, :-1].reshape(-1, vocabulary), tokens[:, 1:].reshape(-1)))
    weights = dict(w)
    if scaling is None:
        weights["model.layers.0.self_attn.rotary_emb.inv_freq"] = torch.tensor(frequencies)
    write_case(name, config, weights, values, shards)


def vit(name, seed):
    width, heads, patch = 12, 3, 4
    config = dict(model_type="vit", architectures=["ViTForImageClassification"], image_size=8, patch_size=patch,
                  num_channels=3, hidden_size=width, num_hidden_layers=2, num_attention_heads=heads,
                  intermediate_size=20, hidden_act="gelu", layer_norm_eps=1e-12, qkv_bias=True,
                  id2label={str(i): f"kind {i}" for i in range(5)})
    w = Drawn(seed)
    images = normals(seed, 2, 3, 8, 8)
    cls = w.draw("vit.embeddings.cls_token", 1, 1, width)
    places = w.draw("vit.embeddings.position_embeddings", 1, 5, width)
    at = "vit.embeddings.patch_embeddings.projection"
    x = F.conv2d(images, w.draw(f"{at}.weight", width, 3, patch, patch), w.draw(f"{at}.bias", width), stride=patch)
    x = torch.cat([cls.expand(2, -1, -1), x.flatten(2).transpose(1, 2)], 1) + places
    values = dict(images=images)
    for i in range(2):
        at = f"vit.encoder.layer.{i}"
        y = w.norm(x, f"{at}.layernorm_before", 1e-12)
        q, k, v = (heads_of(w.linear(y, f"{at}.attention.attention.{p}", width), heads) for p in ("query", "key", "value"))
        mixed, values[f"pattern.{i}"] = attention(q, k, v)
        x = x + w.linear(mixed, f"{at}.attention.output.dense", width)
        y = w.norm(x, f"{at}.layernorm_after", 1e-12)
        x = x + w.linear(F.gelu(w.linear(y, f"{at}.intermediate.dense", 20)), f"{at}.output.dense", width)
        values[f"hidden.{i + 1}"] = x
    logits = w.linear(w.norm(x, "vit.layernorm", 1e-12)[:, 0], "classifier", 5)
    labels = torch.tensor([4, 1])
    write_case(name, config, dict(w), dict(**values, logits=logits, labels=labels, loss=F.cross_entropy(logits, labels)))


def dit(name, seed):
    width, heads, patch, side, channels = 12, 3, 2, 6, 2
    config = dict(model_type="dit", architectures=["DiT"], input_size=side, patch_size=patch, in_channels=channels,
                  hidden_size=width, depth=2, num_heads=heads, mlp_ratio=2.5, class_dropout_prob=0.1, num_classes=4,
                  learn_sigma=True)
    w = Drawn(seed)
    images, times, labels = normals(seed, 3, channels, side, side), torch.tensor([0.0, 37.0, 999.0]), torch.tensor([0, 4, 2])
    grid = side // patch
    places = np.zeros((grid * grid, width))
    for row in range(grid):
        for column in range(grid):
            half = width // 2
            for offset, position in ((0, column), (half, row)):
                omega = 1.0 / 10000 ** (np.arange(half // 2) / (half / 2.0))
                places[row * grid + column, offset : offset + half] = np.concatenate([np.sin(position * omega), np.cos(position * omega)])
    w["pos_embed"] = torch.from_numpy(places).float()[None]
    x = F.conv2d(images, w.draw("x_embedder.proj.weight", width, channels, patch, patch), w.draw("x_embedder.proj.bias", width), stride=patch)
    x = x.flatten(2).transpose(1, 2) + w["pos_embed"]
    frequencies = torch.exp(-math.log(10000) * torch.arange(128) / 128)
    angles = times[:, None] * frequencies
    t = w.linear(torch.cat([torch.cos(angles), torch.sin(angles)], -1), "t_embedder.mlp.0", width)
    t = w.linear(F.silu(t), "t_embedder.mlp.2", width)
    c = t + w.draw("y_embedder.embedding_table.weight", 5, width)[labels]

    def modulate(y, shift, scale):
        return F.layer_norm(y, (width,), eps=1e-6) * (1 + scale[:, None]) + shift[:, None]

    values = dict(images=images, timesteps=times, labels=labels)
    for i in range(2):
        at = f"blocks.{i}"
        a = w.linear(F.silu(c), f"{at}.adaLN_modulation.1", 6 * width).chunk(6, 1)
        q, k, v = w.linear(modulate(x, a[0], a[1]), f"{at}.attn.qkv", 3 * width).chunk(3, -1)
        mixed, values[f"pattern.{i}"] = attention(heads_of(q, heads), heads_of(k, heads), heads_of(v, heads))
        x = x + a[2][:, None] * w.linear(mixed, f"{at}.attn.proj", width)
        u = w.linear(modulate(x, a[3], a[4]), f"{at}.mlp.fc1", 30)
        u = 0.5 * u * (1 + torch.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u**3)))
        x = x + a[5][:, None] * w.linear(u, f"{at}.mlp.fc2", width)
        values[f"hidden.{i + 1}"] = x
    shift, scale = w.linear(F.silu(c), "final_layer.adaLN_modulation.1", 2 * width).chunk(2, 1)
    x = w.linear(modulate(x, shift, scale), "final_layer.linear", patch * patch * 2 * channels)
    sample = torch.einsum("nhwpqc->nchpwq", x.reshape(3, grid, grid, patch, patch, 2 * channels))
    write_case(name, config, dict(w), dict(**values, sample=sample.reshape(3, 2 * channels, side, side)))


class Block(nn.Module):
    def __init__(self, inner, out, stride, bottleneck):
        super().__init__()
        shape = [(inner, out // 4, 1, 1), (out // 4, out // 4, 3, stride), (out // 4, out, 1, 1)]
        if not bottleneck:
            shape = [(inner, out, 3, stride), (out, out, 3, 1)]
        self.count = len(shape)
        for i, (a, b, kernel, step) in enumerate(shape):
            setattr(self, f"conv{i + 1}", nn.Conv2d(a, b, kernel, step, kernel // 2, bias=False))
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(b))
        if stride != 1 or inner != out:
            self.downsample = nn.Sequential(nn.Conv2d(inner, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = x
        for i in range(self.count):
            y = getattr(self, f"bn{i + 1}")(getattr(self, f"conv{i + 1}")(y))
            if i < self.count - 1:
                y = F.relu(y)
        return F.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class ResNet(nn.Module):
    def __init__(self, channels, embedding, sizes, depths, bottleneck, large, classes):
        super().__init__()
        self.large = large
        self.conv1 = nn.Conv2d(channels, embedding, 7, 2, 3, bias=False) if large else nn.Conv2d(channels, embedding, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(embedding)
        self.stages = len(sizes)
        inner = embedding
        for s, (out, depth) in enumerate(zip(sizes, depths)):
            blocks = []
            for i in range(depth):
                blocks.append(Block(inner, out, 2 if i == 0 and s > 0 else 1, bottleneck))
                inner = out
            setattr(self, f"layer{s + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inner, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if self.large:
            x = F.max_pool2d(x, 3, 2, 1)
        for s in range(self.stages):
            x = getattr(self, f"layer{s + 1}")(x)
        return self.fc(x.mean((2, 3)))


class Cnn(nn.Module):
    def __init__(self, channels, sizes, classes):
        super().__init__()
        self.count = len(sizes)
        for i, out in enumerate(sizes):
            inner = sizes[i - 1] if i else channels
            setattr(self, f"conv{i + 1}", nn.Conv2d(inner, out, 3, 1 if i == 0 else 2, 1, bias=False))
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(out))
        self.fc = nn.Linear(sizes[-1], classes)

    def forward(self, x):
        for i in range(self.count):
            x = F.relu(getattr(self, f"bn{i + 1}")(getattr(self, f"conv{i + 1}")(x)))
        return self.fc(x.mean((2, 3)))


def convolutional(name, seed, model, config, images, rename=lambda key: key):
    torch.manual_seed(seed)
    for key, value in model.state_dict().items():
        if key.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif value.dim() > 1:
            value.normal_(0, 0.2)
        elif not key.endswith("num_batches_tracked"):
            value.normal_(1.0 if "bn" in key and key.endswith("weight") else 0.0, 0.2)
    weights = {rename(k): v.clone() for k, v in model.state_dict().items()}
    labels = torch.arange(images.shape[0]) % 3
    values = dict(images=images, labels=labels, logits=model.eval()(images))
    training = model.train()(images)
    values.update(training_logits=training, loss=F.cross_entropy(training, labels))
    for key, value in model.state_dict().items():
        if "running" in key:
            values[f"buffer.{key}"] = value
    write_case(name, config, weights, values)


def hugging(key):
    """torchvision's names as Hugging Face's ResNet calls them."""
    parts = key.split(".")
    if parts[0] in ("conv1", "bn1"):
        return f"resnet.embedder.embedder.{'convolution' if parts[0] == 'conv1' else 'normalization'}.{parts[1]}"
    if parts[0] == "fc":
        return f"classifier.1.{parts[1]}"
    at = f"resnet.encoder.stages.{int(parts[0][5:]) - 1}.layers.{parts[1]}"
    if parts[2] == "downsample":
        return f"{at}.shortcut.{'convolution' if parts[3] == '0' else 'normalization'}.{parts[4]}"
    kind = "convolution" if parts[2].startswith("conv") else "normalization"
    return f"{at}.layer.{int(parts[2][-1]) - 1}.{kind}.{parts[3]}"


def mlp(name, seed):
    config = dict(model_type="mlp", architectures=["MlpForClassification"], input_size=10, hidden_sizes=[7, 6],
                  hidden_act="relu", num_labels=4)
    w = Drawn(seed)
    features = normals(seed, 5, 2, 5)
    x = F.relu(w.linear(features.flatten(1), "layers.0", 7))
    logits = w.linear(F.relu(w.linear(x, "layers.1", 6)), "layers.2", 4)
    labels = torch.tensor([0, 1, 2, 3, 0])
    write_case(name, config, dict(w), dict(features=features, labels=labels, logits=logits, loss=F.cross_entropy(logits, labels)))


gpt2("gpt2", 1, old=False, tie=True, shards=3)
gpt2("gpt2-old", 2, old=True, tie=True)
gpt2("gpt2-untied", 3, old=False, tie=False, scale_attn_by_inverse_layer_idx=True)
bert("bert-pretraining-old", 4, "BertForPreTraining", old=True)
bert("bert-masked", 5, "BertForMaskedLM", dtype=torch.float16)
bert("bert-classes", 6, "BertForSequenceClassification")
llama("llama", 7, tie=False, shards=2)
llama("llama3", 8, tie=True, dtype=torch.bfloat16, bias=True,
      scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32))
vit("vit", 9)
dit("dit", 10)
convolutional("resnet-basic", 11, ResNet(1, 4, [4, 8], [1, 2], False, False, 3),
              dict(model_type="resnet", architectures=["ResNetForImageClassification"], num_channels=1, embedding_size=4,
                   hidden_sizes=[4, 8], depths=[1, 2], layer_type="basic", stem="small", num_labels=3), normals(11, 3, 1, 8, 8))
convolutional("resnet-bottleneck", 12, ResNet(3, 4, [8, 16], [1, 1], True, True, 3),
              dict(model_type="resnet", architectures=["ResNetForImageClassification"], num_channels=3, embedding_size=4,
                   hidden_sizes=[8, 16], depths=[1, 1], layer_type="bottleneck", id2label={"0": "a", "1": "b", "2": "c"}),
              normals(12, 3, 3, 20, 20), hugging)
convolutional("cnn", 13, Cnn(1, [4, 6, 8], 3),
              dict(model_type="cnn", architectures=["CnnForImageClassification"], num_channels=1, hidden_sizes=[4, 6, 8], num_labels=3),
              normals(13, 3, 1, 9, 9))
mlp("mlp", 14)
