// Targets that are too small to be hit with a thumb (WCAG 2.5.8).

/** Returns the targets of a page that are less than 24 by 24 px. A link in a sentence is
 * exempt, since the line decides its height; so is what has no size of its own: a
 * checkbox, where its label is the target. */
export function smallTargets(page) {
  return page.evaluate(() => {
    const least = 24;
    const found = [];
    const inSentence = (link) => {
      if (link.tagName !== 'A' || getComputedStyle(link).display !== 'inline') return false;
      const block = link.closest('p, li, dd, td, figcaption, summary, label');
      const around = block ? [...block.childNodes].filter((node) => !node.contains(link)).map((node) => node.textContent).join('') : '';
      return /[a-z]{2}/i.test(around);
    };
    for (const target of document.querySelectorAll('a[href], button, input:not([type="hidden"]), select, textarea, summary, [role="button"]')) {
      if (!target.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || target.closest('.vh, .skip')) continue;
      const label = target.matches('[type="checkbox"], [type="radio"]') && target.closest('label');
      const { width, height } = (label || target).getBoundingClientRect();
      if (width === 0 || inSentence(target)) continue;
      if (width < least - 0.5 || height < least - 0.5) {
        found.push(`${target.tagName.toLowerCase()} "${(target.textContent.trim() || target.name || target.id).slice(0, 40)}" ${Math.round(width)} x ${Math.round(height)}`);
      }
    }
    return found;
  });
}
