import { writeFileSync } from 'node:fs';
import { loadTextCorpus, trainBpe, Tokenizer, KneserNeyTrigram } from '@fletch/models';
const c = await loadTextCorpus({});
const bytes=c.test.reduce((s,t)=>s+Buffer.byteLength(t)+1,0);
for (const V of [1024,2048]) {
  const tok = new Tokenizer(trainBpe(c.train,{vocabularySize:V}));
  const tr=c.train.map(x=>tok.encode(x)), te=c.test.map(x=>tok.encode(x)), va=c.validation.map(x=>tok.encode(x));
  const n=(l)=>l.reduce((s,d)=>s+d.length+1,0);
  const bpb=(p)=>Math.log2(p)*n(te)/bytes;
  for (const k of [1,4]) { const kn=KneserNeyTrigram.fit(tr.filter((_, i)=>i%k===0),{vocabularySize:V,boundary:0}); const p=kn.perplexity(te); console.log(V,'tokens',n(tr),n(te),'1/'+k,'KN test',p,'bpb',bpb(p),'val',kn.perplexity(va)); }
  const stream=(docs)=>{ const a=new Int32Array(n(docs)+1); let at=1; for(const d of docs){a.set(d,at); at+=d.length+1;} return a; };
  writeFileSync(`/tmp/zoo/train-${V}.bin`, stream(tr)); writeFileSync(`/tmp/zoo/test-${V}.bin`, stream(te)); writeFileSync(`/tmp/zoo/val-${V}.bin`, stream(va));
}
