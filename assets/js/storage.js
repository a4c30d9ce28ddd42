// What this browser keeps of a person's choices. A browser that keeps nothing
// has them until the page is left.
const here = new Map();

/** What was kept under a name; null for nothing. */
export function kept(name) {
  try {
    return localStorage.getItem(name) ?? here.get(name) ?? null;
  } catch {
    return here.get(name) ?? null;
  }
}

/** Keeps a value under a name. */
export function keep(name, value) {
  here.set(name, value);
  try {
    localStorage.setItem(name, value);
  } catch {
    // Then it holds until the page is left.
  }
}
