// Plays a tone for each new alert; off by default. Browsers let a page play sound only
// after a person has clicked or pressed a key on it.
import { afterSwap } from './htmx.js';
import { load, save } from './storage.js';

const name = 'postern-sound';

const newest = () => Math.max(0, ...[...document.querySelectorAll('.alert-card')].map((card) => Number(card.dataset.seq)));

export function alertSound() {
  const button = document.getElementById('sound');
  const hint = document.getElementById('sound-hint');
  if (!window.AudioContext) return null;
  let on = load(name) === 'on';
  let context = null;
  let heard = newest();

  const show = () => {
    button.querySelector('span').textContent = on ? 'Sound on' : 'Sound off';
    button.setAttribute('aria-pressed', String(on));
    const waits = on && context?.state !== 'running';
    const text = waits ? 'Sound is on, but the browser mutes this page until you press a key or click here.' : '';
    if (hint.textContent !== text) hint.textContent = text;
  };

  const wake = async () => {
    if (!on) return;
    if (!context) {
      context = new AudioContext();
      context.addEventListener('statechange', show);
    }
    if (context.state !== 'running') await context.resume().catch(() => {});
    show();
  };

  // Two notes, the second lower, unlike the ping of a notification.
  const tone = () => {
    if (context?.state !== 'running') return;
    for (const [after, pitch] of [[0, 880], [0.22, 622]]) {
      const at = context.currentTime + after;
      const note = new OscillatorNode(context, { type: 'triangle', frequency: pitch });
      const loudness = new GainNode(context, { gain: 0 });
      loudness.gain.setValueAtTime(0, at);
      loudness.gain.linearRampToValueAtTime(0.4, at + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.2);
      note.connect(loudness).connect(context.destination);
      note.start(at);
      note.stop(at + 0.21);
    }
    button.dataset.sounded = String(Number(button.dataset.sounded ?? 0) + 1);
  };

  const toggle = () => {
    on = !on;
    save(name, on ? 'on' : 'off');
    show();
    wake().then(() => { if (on) tone(); });
  };

  button.hidden = false;
  show();
  button.addEventListener('click', toggle);
  for (const gesture of ['pointerdown', 'keydown']) document.addEventListener(gesture, wake, { passive: true });
  afterSwap(() => {
    const seq = newest();
    if (seq > heard && on) tone();
    heard = Math.max(heard, seq);
  });
  return toggle;
}
