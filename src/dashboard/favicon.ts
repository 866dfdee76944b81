/** Two bars and a target line. */
export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f4fd8"/><rect x="8" y="14" width="6" height="10" rx="1.5" fill="#fff"/><rect x="18" y="10" width="6" height="14" rx="1.5" fill="#fff"/><path d="M5 9h22" stroke="#ffd166" stroke-width="2" stroke-linecap="round"/></svg>`;
