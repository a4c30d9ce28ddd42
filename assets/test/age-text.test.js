import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { age, until } from '../js/age-text.js';

const examples = JSON.parse(await readFile(new URL('../../views/ui/testdata/ages.json', import.meta.url), 'utf8'));

test('ages are written as the server writes them', () => {
  const now = Date.UTC(2026, 2, 19, 12);
  for (const example of examples) {
    const at = now - example.seconds_ago * 1000;
    assert.equal(age(at, now), example.age, `${example.seconds_ago} s ago`);
    assert.equal(until(at, now), example.until, `${-example.seconds_ago} s from now`);
  }
});
