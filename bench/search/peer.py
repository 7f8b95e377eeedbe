"""A Python index that obeys requests, one JSON object a line; searches run one query at a time on one thread."""
import json
import resource
import sys
import time

import numpy as np

kind = sys.argv[1]


def read(path, dimension):
    return np.fromfile(path, dtype=np.float32).reshape(-1, dimension)


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


class Hnswlib:
    def build(self, vectors, m, ef_construction):
        import hnswlib
        self.index = hnswlib.Index('cosine', vectors.shape[1])
        self.index.init_index(len(vectors), ef_construction=ef_construction, M=m)
        self.index.set_num_threads(1)
        self.index.add_items(vectors)

    def save(self, path):
        self.index.save_index(path)

    def load(self, path, dimension):
        import hnswlib
        self.index = hnswlib.Index('cosine', dimension)
        self.index.load_index(path)
        self.index.set_num_threads(1)

    def set(self, ef, k):
        self.index.set_ef(max(ef, k))

    def search(self, query, k):
        return self.index.knn_query(query, k)[0]


class Faiss:
    def __init__(self):
        import faiss
        faiss.omp_set_num_threads(1)
        self.faiss = faiss

    def build(self, vectors, m, ef_construction):
        faiss, d = self.faiss, vectors.shape[1]
        if kind == 'faiss-hnsw':
            self.index = faiss.IndexHNSWFlat(d, m, faiss.METRIC_INNER_PRODUCT)
            self.index.hnsw.efConstruction = ef_construction
            self.index.add(vectors)
            return
        sub = next(n for n in (d // 4, d // 2, d) if d % n == 0)
        base = faiss.index_factory(d, f'IVF1024,PQ{sub}x4fs', faiss.METRIC_INNER_PRODUCT)
        self.index = faiss.IndexRefineFlat(base)
        self.index.train(vectors[: 60000])
        self.index.add(vectors)

    def save(self, path):
        self.faiss.write_index(self.index, path)

    def load(self, path, dimension):
        self.index = self.faiss.read_index(path)

    def set(self, ef, k):
        if kind == 'faiss-hnsw':
            self.faiss.ParameterSpace().set_index_parameter(self.index, 'efSearch', max(ef, k))
            return
        # Half as many cells as the others have candidates, four times as many of which are compared in full.
        self.index.k_factor = max(4, ef // 8)
        self.faiss.downcast_index(self.index.base_index).nprobe = max(1, ef // 2)

    def search(self, query, k):
        return self.index.search(query, k)[1]


index = Hnswlib() if kind == 'hnswlib' else Faiss()
queries = None
for line in sys.stdin:
    ask = json.loads(line)
    if 'queries' in ask:
        queries = [q[None, :].copy() for q in unit(read(ask['queries'], ask['dimension']))]
    if ask['do'] == 'build':
        vectors = unit(read(ask['vectors'], ask['dimension']))
        wall, cpu = time.perf_counter(), time.process_time()
        index.build(vectors, ask['m'], ask['efConstruction'])
        answer = {'seconds': time.perf_counter() - wall, 'cpu': time.process_time() - cpu}
    elif ask['do'] == 'save':
        index.save(ask['path'])
        answer = {}
    elif ask['do'] == 'load':
        index.load(ask['path'], ask['dimension'])
        answer = {}
    elif ask['do'] == 'resident':
        answer = {'bytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}
    else:
        index.set(ask['ef'], ask['k'])
        some = queries[: ask['count']]
        wall, cpu = time.perf_counter(), time.process_time()
        rows = [index.search(q, ask['k'])[0] for q in some]
        answer = {'seconds': time.perf_counter() - wall, 'cpu': time.process_time() - cpu, 'rows': [r.tolist() for r in rows]}
    print(json.dumps(answer), flush=True)
