/**
 * The printed link has a code after the `#`, which browsers do not send and which logs in once. It is sent in the
 * form, without the token.
 */
const code = new URLSearchParams(location.hash.slice(1)).get("code");
if (code !== null) {
  history.replaceState(null, "", location.pathname);
  const form = /** @type {HTMLFormElement} */ (document.querySelector("form"));
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "code", value: code });
  form.append(field);
  form.submit();
}
