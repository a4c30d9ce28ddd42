// What HTML, CSS and htmx leave to do. Pages work without it.
import './js/times.js';
import './js/copy.js';
import './js/live.js';
import './js/forms.js';

document.documentElement.classList.add('js');

// Where the chips scroll sideways, the one that is on is in sight.
document.querySelector('.chip[aria-current="true"]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
