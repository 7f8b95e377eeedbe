import { expect, it } from 'vitest';
import { tinyRecipe } from '../../fixtures/tiny-recipe.mjs';
import { type JsonObject, type RecipePlan, recipeHash } from './recipe.js';

const { plan } = tinyRecipe();

/** Every plan that differs from this one in one place. */
function* changed(value: JsonObject): Generator<JsonObject> {
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'object' && inner !== null)
      for (const other of changed(inner as JsonObject)) yield { ...value, [key]: other };
    else yield { ...value, [key]: typeof inner === 'number' ? inner + 1e-9 : `${inner}x` };
    const { [key]: _, ...rest } = value;
    yield rest;
  }
}

it('the hash changes with every field, also with the version of the code', () => {
  const plans = [...changed(plan as unknown as JsonObject)] as unknown as RecipePlan[];
  expect(plans.length).toBeGreaterThan(25);
  const hashes = new Set([plan, ...plans].map(recipeHash));
  expect(hashes.size).toBe(plans.length + 1);
});

it('but not with the order of fields, nor from one run to the next', () => {
  const turned = Object.fromEntries(Object.entries(plan).reverse()) as unknown as RecipePlan;
  expect(recipeHash(turned)).toBe(recipeHash(plan));
  expect(recipeHash(plan)).toMatchInlineSnapshot(`"d2eb0e517fc9af55"`);
});
