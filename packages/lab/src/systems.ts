/**
 * The 51 published systems: what each is, what its paper claims, where it lives.
 *
 * @module
 */

/** Facts that hold whether a system is built yet or not. */
export interface SystemFacts {
  /** Of its card, 1 to 51. */
  readonly number: number;
  readonly id: string;
  readonly title: string;
  /** The package that it lives in: `@fletch/<package>`. */
  readonly package: string;
  /** What it does. */
  readonly summary: string;
  /** What its experiment measures. */
  readonly claim: string;
}

export const systems: readonly SystemFacts[] = [
  {
    number: 1,
    id: 'genre',
    title: 'GENRE: autoregressive entity retrieval',
    package: 'text',
    summary:
      'Links a mention or a question to an entity by writing the entity’s name token by token, held to a prefix tree of all valid names.',
    claim:
      'Constrained generation finds the right entity more often than searching with vectors of the same model’s size, with far less memory.',
  },
  {
    number: 2,
    id: 'presto',
    title: 'PRESTO: rare events by shrinking towards proportional odds',
    package: 'estimate',
    summary:
      'Estimates the probability of the last, rare class of an ordered response by borrowing strength from the frequent steps before it.',
    claim:
      'Its error on the rare class is below that of proportional odds and of separate logistic regressions.',
  },
  {
    number: 3,
    id: 'icl-linear',
    title: 'Which algorithm does in-context learning run?',
    package: 'insight',
    summary:
      'Trains a small transformer on linear regression prompts and finds out which textbook algorithm its predictions follow.',
    claim:
      'The learner moves from one gradient step to least squares with depth, and to the Bayes ridge with noise.',
  },
  {
    number: 4,
    id: 'vq4dit',
    title: 'VQ4DiT: vector quantization of diffusion transformers',
    package: 'weights',
    summary:
      'Compresses a diffusion transformer to two or three bits a weight without data, choosing each codeword by gradient among the nearest.',
    claim: 'At equal bits it keeps more quality than plain vector quantization of the weights.',
  },
  {
    number: 5,
    id: 'atlas',
    title: 'aTLAS: learned anisotropic scaling of task vectors',
    package: 'weights',
    summary:
      'Combines fine-tuned checkpoints with one learned coefficient per task vector and parameter block.',
    claim: 'Learned block coefficients beat one hand-tuned scalar per task vector.',
  },
  {
    number: 6,
    id: 'lmc-weight-matching',
    title: 'Linear mode connectivity by weight matching',
    package: 'weights',
    summary:
      'Permutes the hidden units of independently trained networks so that averaging them works, and explains why it does.',
    claim:
      'Matching removes most of the loss barrier between two trainings by aligning the leading singular vectors.',
  },
  {
    number: 7,
    id: 'homeo-ep',
    title: 'Equilibrium propagation with Jacobian homeostasis',
    package: 'insight',
    summary:
      'Learns from relaxations of a recurrent network instead of a backward pass, and keeps the Jacobian symmetric enough for that.',
    claim: 'With homeostasis the gradients stay aligned with the true ones without symmetric weights.',
  },
  {
    number: 8,
    id: 'lid',
    title: 'LID: language models for interactive decisions',
    package: 'insight',
    summary:
      'Starts a policy for household tasks from a language model, and gathers its own data by relabelling failures.',
    claim: 'Language-model initialisation generalises better to novel tasks than training from scratch.',
  },
  {
    number: 9,
    id: 'intruder-dimensions',
    title: 'Intruder dimensions: LoRA against full fine-tuning',
    package: 'weights',
    summary:
      'Compares the spectra of a fine-tuned checkpoint and its base, and finds the new leading directions that low-rank adapters add.',
    claim:
      'LoRA adds intruder dimensions that full fine-tuning does not, and scaling them down restores what was forgotten.',
  },
  {
    number: 10,
    id: 'eva',
    title: 'EVA: explained variance adaptation',
    package: 'weights',
    summary:
      'Initialises LoRA with the principal directions of each layer’s activations and gives rank to the layers that need it.',
    claim: 'It converges faster, and to at least the same quality, as randomly initialised LoRA.',
  },
  {
    number: 11,
    id: 'qlae',
    title: 'QLAE: disentanglement by latent quantization',
    package: 'learn',
    summary:
      'An autoencoder whose every latent is snapped to a small codebook of its own, and the InfoMEC measures of disentanglement.',
    claim: 'Quantized latents with strong weight decay are more modular than those of a plain autoencoder.',
  },
  {
    number: 12,
    id: 'memoryformer',
    title: 'MemoryFormer',
    package: 'learn',
    summary:
      'A transformer whose fully connected layers are replaced by learned look-up tables that are addressed by signs.',
    claim: 'It comes near a dense transformer’s perplexity with a fraction of its multiplications.',
  },
  {
    number: 13,
    id: 'ebv',
    title: 'EBV: equiangular basis vectors',
    package: 'learn',
    summary: 'A classifier head of fixed, nearly orthogonal unit vectors instead of a trained softmax layer.',
    claim:
      'It is as accurate as a softmax head, with a number of parameters that does not depend on the classes.',
  },
  {
    number: 14,
    id: 'bone',
    title: 'Bone: block affine adaptation',
    package: 'weights',
    summary: 'Fine-tunes with one small block matrix per layer that merges exactly into the weights.',
    claim: 'At equal parameters it reaches a lower loss than LoRA.',
  },
  {
    number: 15,
    id: 'leanvec',
    title: 'LeanVec',
    package: 'search',
    summary:
      'Searches vectors after a learned linear reduction and 8-bit quantization, walking a Vamana graph and re-ranking with the full vectors.',
    claim: 'It answers at least twice the queries per second of HNSW on float32 at equal recall.',
  },
  {
    number: 16,
    id: 'ofq',
    title: 'OFQ: oscillation-free quantization',
    package: 'weights',
    summary: 'Trains vision transformers at two to four bits without weights that jump between two levels.',
    claim: 'Fewer weights oscillate, and accuracy at low bits is higher than with learned scales.',
  },
  {
    number: 17,
    id: 'lr2vq',
    title: 'LR²VQ: low-rank vector quantization',
    package: 'weights',
    summary:
      'Quantizes learned low-dimensional representations of weight vectors instead of the vectors themselves.',
    claim: 'At equal size it loses less accuracy than plain vector quantization.',
  },
  {
    number: 18,
    id: 'mbat-json',
    title: 'MBAT for JSON',
    package: 'search',
    summary:
      'Turns any JSON value into one vector by binding with orthogonal matrices, so that similar records lie near each other.',
    claim: 'Neighbours of a record are structurally similar, better than with bags of tokens.',
  },
  {
    number: 19,
    id: 'sheaf4rec',
    title: 'Sheaf4Rec',
    package: 'recommend',
    summary: 'Recommends by diffusion on a graph whose every edge carries a learned linear map.',
    claim: 'It ranks better than LightGCN at equal embedding size.',
  },
  {
    number: 20,
    id: 'embedding-compression',
    title: 'Embedding table compression, fourteen methods',
    package: 'learn',
    summary:
      'Compresses embedding tables by hashing, quantization, pruning and decomposition behind one interface and under one memory budget.',
    claim: 'Which family wins depends on the budget as published.',
  },
  {
    number: 21,
    id: 'ponita',
    title: 'PONITA',
    package: 'learn',
    summary: 'Equivariant networks on point clouds by weight sharing over positions and orientations.',
    claim: 'It learns from fewer samples than a plain graph network, and is exactly equivariant.',
  },
  {
    number: 22,
    id: 'quantile-aggregation',
    title: 'Quantile aggregation',
    package: 'estimate',
    summary:
      'Aggregates the conditional quantiles of many models into one non-crossing, calibrated quantile function.',
    claim: 'Learned, local weights have a lower pinball loss than any simple average.',
  },
  {
    number: 23,
    id: 'squash',
    title: 'SQUASH',
    package: 'search',
    summary:
      'Filtered vector search on serverless functions with bit-packed scalar quantization and one guaranteed pass.',
    claim: 'It reaches 0.95 recall with an index at least eight times smaller than float32.',
  },
  {
    number: 24,
    id: 'pst',
    title: 'PST: parameter-efficient sparsity',
    package: 'weights',
    summary:
      'Fine-tunes and prunes at once with low-rank importance scores, leaving the pretrained weights frozen.',
    claim: 'At high sparsity it beats magnitude pruning of a fine-tuned model.',
  },
  {
    number: 25,
    id: 'weight-compander',
    title: 'Weight Compander',
    package: 'learn',
    summary:
      'Trains a network through an arctangent reparameterization of its weights, folded back afterwards.',
    claim: 'It generalises better than the same network trained directly.',
  },
  {
    number: 26,
    id: 'tanglenas',
    title: 'TangleNAS',
    package: 'learn',
    summary: 'Searches architectures by gradient through entangled, shared weights, in a single stage.',
    claim: 'It finds better architectures than two-stage search at the same cost.',
  },
  {
    number: 27,
    id: 'binary-pv-disambiguated-skipgram',
    title: 'Binary paragraph vectors and disambiguated skip-gram',
    package: 'text',
    summary: 'Learns binary codes of documents end to end, and word vectors with one sense each.',
    claim: 'Learned codes retrieve better than codes hashed from real vectors.',
  },
  {
    number: 28,
    id: 'sws-learngene',
    title: 'SWS: learngenes by stage-wise weight sharing',
    package: 'learn',
    summary:
      'Distils a trained model into a few shared layers from which models of any depth are initialised.',
    claim: 'Models grown from learngenes start better than random or heuristic initialisation.',
  },
  {
    number: 29,
    id: 'lbl2transformervec',
    title: 'Lbl2TransformerVec',
    package: 'text',
    summary: 'Classifies texts into classes that are described by keywords only, with sentence embeddings.',
    claim: 'It beats zero-shot baselines of similar size on topic classification.',
  },
  {
    number: 30,
    id: 'rich-lazy',
    title: 'Rich and lazy learning',
    package: 'insight',
    summary: 'Measures how the rank of the initial weights decides between lazy and rich learning.',
    claim:
      'At equal norm, high rank at the start makes learning lazier, unless low rank is aligned with the task.',
  },
  {
    number: 31,
    id: 'hcn',
    title: 'HCN: hierarchical multi-interest network',
    package: 'recommend',
    summary: 'Represents a user by several interest vectors of short and long term that inform each other.',
    claim: 'Several interests recall more held-out items than one vector per user.',
  },
  {
    number: 32,
    id: 'muvera',
    title: 'MUVERA',
    package: 'search',
    summary: 'Turns sets of vectors into one fixed vector each, whose dot product stands for MaxSim.',
    claim: 'It needs fewer candidates than the single-vector heuristic at equal recall.',
  },
  {
    number: 33,
    id: 'gblm-pruner',
    title: 'GBLM-Pruner',
    package: 'weights',
    summary: 'Prunes a language model in one shot by weight, activation norm and gradient norm.',
    claim: 'Its perplexity at half the weights is below that of magnitude pruning and Wanda.',
  },
  {
    number: 34,
    id: 'd-pruner',
    title: 'D-Pruner',
    package: 'weights',
    summary: 'Extracts a sparse model for one domain from a general one, keeping general abilities.',
    claim: 'It keeps more of the domain’s quality than pruning with open-domain data.',
  },
  {
    number: 35,
    id: 'svfit',
    title: 'SVFit',
    package: 'weights',
    summary: 'Fine-tunes nothing but the leading singular values of each weight matrix.',
    claim: 'It comes near LoRA with a small fraction of its parameters.',
  },
  {
    number: 36,
    id: 'linf-sketched-regression',
    title: 'ℓ∞ sketched regression',
    package: 'estimate',
    summary: 'Solves tall least squares from a dense sketch with a small error in every coordinate.',
    claim: 'A dense sketch has a smaller largest error than CountSketch at equal rows.',
  },
  {
    number: 37,
    id: 'observable-propagation',
    title: 'Observable propagation',
    package: 'insight',
    summary: 'Pushes a question about the output back through a transformer’s weights to feature vectors.',
    claim: 'The vectors predict the answer better than probes trained on a few examples.',
  },
  {
    number: 38,
    id: 'lsa-one-step-gd',
    title: 'Linear self-attention is one gradient step',
    package: 'insight',
    summary:
      'Trains one layer of linear attention in context and reads the learning rate of one gradient step out of its weights.',
    claim:
      'The trained layer equals one (preconditioned) gradient step with the learning rate of the closed form.',
  },
  {
    number: 39,
    id: 'prototype-network',
    title: 'Prototype networks',
    package: 'learn',
    summary: 'Classifies by distances to learned prototypes that decode to images a person can look at.',
    claim: 'It is nearly as accurate as the same network without prototypes.',
  },
  {
    number: 40,
    id: 'wad',
    title: 'WAD: weight-aware distillation',
    package: 'learn',
    summary: 'Semi-supervised learning when many unlabelled samples belong to no target class.',
    claim: 'It beats supervised training and self-training under class mismatch.',
  },
  {
    number: 41,
    id: 'd2nwg',
    title: 'D2NWG: diffusion of network weights',
    package: 'weights',
    summary:
      'Samples weights for a new data set from a latent diffusion model over a zoo of trained networks.',
    claim: 'Sampled weights start better than random ones, and adapt faster.',
  },
  {
    number: 42,
    id: 'hnsw-recall',
    title: 'Recall of HNSW',
    package: 'search',
    summary: 'Measures how intrinsic dimension and insertion order decide the recall of HNSW.',
    claim: 'Inserting by descending local dimension changes recall by several points.',
  },
  {
    number: 43,
    id: 'grassmann-class-representation',
    title: 'Grassmann class representation',
    package: 'learn',
    summary: 'A classifier head in which each class is a subspace, trained by Riemannian gradient descent.',
    claim: 'It is more accurate, and its features transfer better, than softmax.',
  },
  {
    number: 44,
    id: 'lbl2vec',
    title: 'Lbl2Vec',
    package: 'text',
    summary: 'Finds documents about topics that are described by a few keywords.',
    claim: 'Topic vectors of documents beat vectors of the keywords alone.',
  },
  {
    number: 45,
    id: 'barlow-twins',
    title: 'Barlow Twins',
    package: 'learn',
    summary: 'Learns image embeddings without labels by making two views’ cross-correlation the identity.',
    claim: 'A linear probe on them beats one on random features and on raw pixels.',
  },
  {
    number: 46,
    id: 'lc-rec',
    title: 'LC-Rec',
    package: 'recommend',
    summary: 'Recommends by generating learned item indices with a language model.',
    claim: 'Learned indices beat random ones, and the collision-free assignment beats nearest codes.',
  },
  {
    number: 47,
    id: 'welore',
    title: 'WeLore',
    package: 'weights',
    summary: 'Gives each matrix a rank from its spectrum and fine-tunes only the truly low-rank ones.',
    claim: 'At equal compression it beats uniform rank reduction.',
  },
  {
    number: 48,
    id: 'moe-sentence-similarity',
    title: 'Mixture of experts for sentence similarity',
    package: 'text',
    summary: 'Turns one encoder into experts for several domains, each text sent to its own.',
    claim: 'Routed experts tell pairs apart better than one dense model.',
  },
  {
    number: 49,
    id: 'r-tsvm',
    title: 'R-TSVM: model merging by singular vectors',
    package: 'weights',
    summary:
      'Merges fine-tuned checkpoints by their decorrelated singular directions; twelve merging methods beside it.',
    claim: 'It keeps more of each task than the other training-free methods.',
  },
  {
    number: 50,
    id: 'future-token-prediction',
    title: 'Future token prediction',
    package: 'learn',
    summary: 'Pretrains a language model whose state vector must suffice to predict several coming tokens.',
    claim: 'Its state vectors carry more of the text’s meaning than those of next-token models.',
  },
  {
    number: 51,
    id: 'bignas',
    title: 'BigNAS',
    package: 'learn',
    summary: 'Trains one elastic network whose every part is good without retraining.',
    claim: 'Children sliced from it match networks trained alone.',
  },
];
