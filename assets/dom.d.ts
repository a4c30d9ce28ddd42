// What assets/js knows of the DOM beyond TypeScript's own description: the pages are
// HTML, so that a selector finds HTML elements, and htmx is a global.
interface ParentNode {
  querySelector(selectors: string): HTMLElement | null;
  querySelectorAll(selectors: string): NodeListOf<HTMLElement>;
}

interface Element {
  closest(selectors: string): HTMLElement | null;
}

interface Window {
  htmx: import('htmx.org').Htmx;
}
