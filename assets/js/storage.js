// A person's choices in this browser. Without local storage they last until the page
// is left.
const here = new Map();

/** The value stored under a name; null if there is none. */
export function load(name) {
  try {
    return localStorage.getItem(name) ?? here.get(name) ?? null;
  } catch {
    return here.get(name) ?? null;
  }
}

/** Stores a value under a name. */
export function save(name, value) {
  here.set(name, value);
  try {
    localStorage.setItem(name, value);
  } catch {
    // Without storage, the value lasts until the page is left.
  }
}
