// The keys that do something without a modifier, and the dialog that lists
// them. Whoever speaks to the machine, or presses keys by mistake, turns them
// off there.
import { keep, kept } from './storage.js';

const name = 'postern-keys';
const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById('keys'));
const choice = /** @type {HTMLInputElement | undefined} */ (dialog?.querySelector('[data-shortcuts]'));

/** Whether a key pressed now is for a shortcut: none is while somebody types,
 * holds a modifier, or answers a dialog, or once they were turned off. */
export function shortcut(event) {
  return !event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing
    && !document.querySelector('dialog[open]')
    && !event.target.closest?.('input, textarea, select, [contenteditable]')
    && (event.key === 'Escape' || kept(name) !== 'off');
}

/** Shows the keys. */
export function showKeys() {
  choice.checked = kept(name) !== 'off';
  dialog.showModal();
}

for (const button of document.querySelectorAll('[data-keys]')) {
  button.hidden = false;
  button.addEventListener('click', showKeys);
}
choice?.addEventListener('change', () => keep(name, choice.checked ? 'on' : 'off'));
