// Passkeys: the one thing here that no browser does without a script. A form says what to ask for
// in data-passkey ("create" or "get") and data-options (WebAuthn JSON); its answer goes back in it.
"use strict";
(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const read = (told) => {
    const options = { ...told, challenge: bytes(told.challenge) };
    if (told.user) options.user = { ...told.user, id: bytes(told.user.id) };
    if (told.excludeCredentials) options.excludeCredentials = known(told.excludeCredentials);
    if (told.allowCredentials) options.allowCredentials = known(told.allowCredentials);
    return options;
  };

  const write = (made) => {
    const said = made.response;
    const response = { clientDataJSON: text(said.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
      if (said[name]) response[name] = text(said[name]);
    if (said.getTransports) response.transports = said.getTransports();
    return {
      id: made.id, rawId: text(made.rawId), type: made.type, response,
      clientExtensionResults: made.getClientExtensionResults(),
      authenticatorAttachment: made.authenticatorAttachment || undefined,
    };
  };

  const ask = async (form) => {
    const publicKey = read(JSON.parse(form.dataset.options));
    const made = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.elements.passkey_answer.value = JSON.stringify(write(made));
    form.submit();
  };

  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const failed = form.querySelector("[data-failed]");
      failed.hidden = true;
      ask(form).catch(() => { failed.hidden = false; });
    });
  }
})();
