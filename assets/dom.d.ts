// What assets/js knows of the DOM beyond TypeScript's own description: the pages are
// HTML, so that a selector finds HTML elements, and htmx is a global.
interface ParentNode {
  querySelector(selectors: string): HTMLElement | null;
  querySelectorAll(selectors: string): NodeListOf<HTMLElement>;
}

interface Element {
  closest(selectors: string): HTMLElement | null;
}

// The events of htmx's extension for websockets.
interface DocumentEventMap {
  'htmx:ws:before:connection': CustomEvent;
  'htmx:ws:after:connection': CustomEvent;
  'htmx:ws:close': CustomEvent;
  'htmx:ws:before:message:incoming': CustomEvent;
}

interface Window {
  htmx: import('htmx.org').Htmx;
}
