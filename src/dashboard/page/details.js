/** The records of the executions that a reader has opened: each is fetched then, and again when it has changed. */

/** Before the first `toggle`. */
export function watchDetails() {
  // `toggle` does not bubble.
  document.addEventListener("toggle", loadDetails, { capture: true });
}

export function loadDetails() {
  for (const details of document.querySelectorAll("details[data-load][open]")) {
    if (!(details instanceof HTMLDetailsElement) || details.dataset.loaded === details.dataset.revision) continue;
    details.dataset.loaded = details.dataset.revision ?? "";
    void load(details);
  }
}

/** @param {HTMLDetailsElement} details */
async function load(details) {
  const place = () => document.querySelector(`#${CSS.escape(details.id)} .decision`);
  try {
    const answer = await fetch(details.dataset.load ?? "", { headers: { accept: "text/html" } });
    const record = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("decision");
    if (record === null) throw new Error(`The dashboard answered with status ${String(answer.status)}.`);
    place()?.replaceChildren(...document.adoptNode(record).childNodes);
  } catch (error) {
    details.dataset.loaded = "";
    const text = document.createElement("p");
    text.className = "alarm warn";
    text.textContent = error instanceof TypeError ? "The dashboard cannot be reached." : /** @type {Error} */ (error).message;
    place()?.replaceChildren(text);
  }
}
