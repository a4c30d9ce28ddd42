// Animates rows that arrive in a list: the rows below slide down, so that nothing
// jumps, under a highlight that fades. The compositor runs both animations; the page's
// thread only starts and ends them.
const still = matchMedia('(prefers-reduced-motion: reduce)');
const slide = { duration: 120, easing: 'ease-out' };
const fade = { duration: 700, easing: 'ease-out' };
// Rows from this one on are out of sight, and the browser neither lays them out nor
// paints them. Nearer rows would come into sight with each arrival, which costs more
// than it saves.
const far = 100;
let sliding = null;
let light = null;

function shine(rows, height) {
  if (!light) {
    light = document.createElement('div');
    light.className = 'arrival-light';
    rows.closest('section').append(light);
  }
  light.style.top = `${rows.getBoundingClientRect().top - light.parentElement.getBoundingClientRect().top}px`;
  light.style.height = `${height}px`;
  for (const running of light.getAnimations()) running.cancel(); // two would run on the page's thread
  light.animate({ opacity: [0.25, 0] }, fade);
}

/** Marks the rows that are out of sight as such. */
export function markFar(rows) {
  for (let row = rows.children[far]; row && !row.classList.contains('far'); row = row.nextElementSibling) row.classList.add('far');
}

/** Prepares the animation before rows are added, and returns a function to call
 * afterwards. While rows slide, no others may be added: the rows would jump. */
export function arrival(rows) {
  const first = [...rows.children].find((row) => !row.hidden);
  const moving = [rows, ...below(rows.closest('table')).filter((element) => element.getBoundingClientRect().top < innerHeight)];
  const tops = () => [first, ...moving.slice(1)].map((element) => element?.offsetTop);
  const before = tops();
  return () => {
    markFar(rows);
    if (still.matches || document.hidden || !first?.isConnected) return;
    const by = tops().map((top, i) => top - before[i]);
    if (by[0] <= 0) return;
    shine(rows, by[0]);
    const running = moving.flatMap((element, i) => (by[i] > 0 ? [element.animate({ transform: [`translateY(${-by[i]}px)`, 'none'] }, slide)] : []));
    sliding = Promise.allSettled(running.map((one) => one.finished)).then(pause).then(() => { sliding = null; });
  };
}

/** While rows slide, a promise that resolves when they have stopped; else null. */
export const slides = () => sliding;

// Long enough for one frame without movement.
const pause = () => new Promise((done) => { setTimeout(done, 50); });

function below(element) {
  const all = [];
  for (let next = element.nextElementSibling; next; next = next.nextElementSibling) all.push(next);
  return all;
}
