// Single-key shortcuts, and the dialog that lists them. It can turn them off, for
// people whose speech input or mistakes would trigger them.
import { load, save } from './storage.js';

const name = 'postern-keys';
const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById('keys'));
const choice = /** @type {HTMLInputElement | undefined} */ (dialog?.querySelector('[data-shortcuts]'));

/** Whether a key event may trigger a shortcut: not while a person types, holds a
 * modifier or has a dialog open, nor while shortcuts are turned off. */
export function shortcut(event) {
  return !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing
    && !document.querySelector('dialog[open]')
    && !event.target.closest?.('input:not([type="checkbox"]), textarea, select, [contenteditable]')
    && (event.key === 'Escape' || load(name) !== 'off');
}

/** Shows the keys. */
export function showKeys() {
  choice.checked = load(name) !== 'off';
  dialog.showModal();
}

for (const button of document.querySelectorAll('[data-keys]')) {
  button.hidden = false;
  button.addEventListener('click', showKeys);
}
choice?.addEventListener('change', () => save(name, choice.checked ? 'on' : 'off'));
