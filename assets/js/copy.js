import { beforeSwap } from './htmx.js';

// Shows the copy buttons, which pages hide because they need this script.
function show(root) {
  for (const button of root.querySelectorAll('button[data-copy]')) button.hidden = false;
}

document.addEventListener('click', async (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest?.('button[data-copy]');
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = 'Copied';
  } catch {
    // Without a secure context there is no clipboard: select the text
    // instead.
    getSelection().selectAllChildren(source);
    button.textContent = 'Selected: press Ctrl+C';
  }
  setTimeout(() => { button.textContent = 'Copy'; }, 2500);
});

show(document);
beforeSwap((tasks) => {
  for (const task of tasks) show(task.fragment);
});
