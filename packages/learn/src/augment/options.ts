/**
 * What random changes are made to images, and with which odds.
 *
 * @module
 */
import { FletchError } from '@fletch/base';

/** From least to greatest. */
export type Span = readonly [least: number, greatest: number];

/** Random changes, applied in the order of the fields. What is left out is not done. */
export interface AugmentOptions {
  /** A random part of the image, stretched to the whole. */
  readonly crop?: {
    /** Share of the area that is kept. */
    readonly scale: Span;
    /** Width by height of the part, drawn on a logarithmic scale. Default 3/4 to 4/3. */
    readonly aspect?: Span;
  };
  /** Greatest turn to either side, in degrees. */
  readonly rotate?: number;
  /** Probability of exchanging left and right. */
  readonly flip?: number;
  /** Changes of colour, made together with a probability. */
  readonly jitter?: {
    /** Greatest number that is added or taken off. */
    readonly brightness?: number;
    /** The distance from the image's mean is multiplied by 1 ± this at most. */
    readonly contrast?: number;
    /** The distance from grey is multiplied by 1 ± this at most. Three channels. */
    readonly saturation?: number;
    /** Greatest turn of the colours about the grey axis, in turns (0.5 is the opposite colour). Three channels. */
    readonly hue?: number;
    /** Default 1. */
    readonly probability?: number;
  };
  /** Probability of turning grey. Three channels. */
  readonly grey?: number;
  /** Gaussian blur of a random width in pixels. */
  readonly blur?: { readonly sigma: Span; readonly probability: number };
  /** Values from the threshold (default 0.5) on are turned to 1 − value. */
  readonly solarize?: { readonly probability: number; readonly threshold?: number };
}

/** The pipelines of two views. */
export interface ViewOptions {
  readonly a: AugmentOptions;
  readonly b: AugmentOptions;
}

/** For grey digits: nothing is flipped. */
export const digitViews: ViewOptions = views({ scale: [0.4, 1], rotate: 15, flip: 0 });

/** For small grey pictures that may be seen from either side, as clothes. */
export const clothingViews: ViewOptions = views({ scale: [0.4, 1], rotate: 15, flip: 0.5 });

/** For colour photographs: the pipelines of the paper (Zbontar et al., ICML 2021, section 3). */
export const photographViews: ViewOptions = {
  a: photograph({ blur: 1, solarize: 0 }),
  b: photograph({ blur: 0.1, solarize: 0.2 }),
};

function views(shape: { readonly scale: Span; readonly rotate: number; readonly flip: number }): ViewOptions {
  const view = (blur: number, solarize: number): AugmentOptions => ({
    crop: { scale: shape.scale },
    rotate: shape.rotate,
    flip: shape.flip,
    jitter: { brightness: 0.4, contrast: 0.4 },
    blur: { sigma: [0.1, 2], probability: blur },
    solarize: { probability: solarize },
  });
  return { a: view(0.5, 0), b: view(0.1, 0.2) };
}

function photograph(odds: { readonly blur: number; readonly solarize: number }): AugmentOptions {
  return {
    crop: { scale: [0.08, 1] },
    flip: 0.5,
    jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1, probability: 0.8 },
    grey: 0.2,
    blur: { sigma: [0.1, 2], probability: odds.blur },
    solarize: { probability: odds.solarize },
  };
}

/**
 * Checks options against what images they are for.
 *
 * @throws FletchError `INVALID_ARGUMENT` naming the option
 */
export function checkOptions(options: AugmentOptions): void {
  const { crop, rotate = 0, flip = 0, jitter = {}, grey = 0, blur, solarize } = options;
  const within = (name: string, value: number, least: number, greatest: number) => {
    if (!(value >= least && value <= greatest))
      throw new FletchError(
        'INVALID_ARGUMENT',
        `${name} must lie from ${least} to ${greatest}, but is ${value}.`,
        { details: { option: name, value } },
      );
  };
  const span = (name: string, [from, to]: Span, least: number, greatest: number) => {
    within(`the least ${name}`, from, least, greatest);
    within(`the greatest ${name}`, to, from, greatest);
  };
  if (crop) {
    span('crop.scale', crop.scale, 1e-4, 1);
    if (crop.aspect) span('crop.aspect', crop.aspect, 1e-2, 1e2);
  }
  within('rotate', rotate, 0, 180);
  within('flip', flip, 0, 1);
  within('grey', grey, 0, 1);
  for (const name of ['brightness', 'contrast', 'saturation', 'hue', 'probability'] as const)
    within(`jitter.${name}`, jitter[name] ?? 0, 0, 1);
  if (blur) {
    span('blur.sigma', blur.sigma, 0, 100);
    within('blur.probability', blur.probability, 0, 1);
  }
  if (solarize) {
    within('solarize.probability', solarize.probability, 0, 1);
    within('solarize.threshold', solarize.threshold ?? 0.5, 0, 1);
  }
}
