// A second click sends nothing: the first is on its way. (The server would keep one row anyway.)
for (const form of document.querySelectorAll("form[data-once]")) guard(form);
document.addEventListener("htmx:afterSwap", () => {
  for (const form of document.querySelectorAll("form[data-once]")) guard(form);
});

function guard(form) {
  if (form.dataset.guarded) return;
  form.dataset.guarded = "true";
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.sent = "true";
    busy(form, true);
  });
  // htmx forms stay on the page: once the answer is here, they may be sent again.
  form.addEventListener("htmx:afterRequest", () => release(form));
  form.addEventListener("maeum:release", () => release(form));
}

function release(form) {
  delete form.dataset.sent;
  busy(form, false);
}

function busy(form, state) {
  for (const button of form.querySelectorAll("button:not([type=button])")) {
    button.toggleAttribute("aria-disabled", state);
    if (state) button.setAttribute("aria-disabled", "true");
  }
}

// A page taken out of the browser's back-forward cache is as good as new.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form[data-once]")) release(form);
});
