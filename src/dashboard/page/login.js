/**
 * The printed link holds the token behind the `#`, which browsers keep to themselves. It is taken out of the
 * address and sent once, in the form.
 */
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token !== null) {
  history.replaceState(null, "", location.pathname);
  /** @type {HTMLInputElement} */ (document.getElementById("token")).value = token;
  /** @type {HTMLFormElement} */ (document.querySelector("form")).submit();
}
