// What HTML, CSS and htmx leave to do. Pages work without it.
import './js/times.js';
import './js/copy.js';
import './js/live.js';
import './js/forms.js';

document.documentElement.classList.add('js');
