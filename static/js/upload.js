// Choose, drop, preview and send a photo. Without this file the form is sent as any form is.
const form = document.querySelector("form[data-upload]");
const say = form.dataset;
const zone = form.querySelector("[data-drop]");
const sending = form.querySelector("[data-sending]");
const sent = form.querySelector("[data-sent]");

if (zone) photoField();

function photoField() {
  const inputs = [...zone.querySelectorAll("[data-file]")];
  const main = zone.querySelector("[data-main-file]");
  const preview = zone.querySelector("[data-preview]");
  const image = zone.querySelector("[data-preview-image]");
  const choices = zone.querySelector("[data-choices]");
  zone.dataset.ready = "true";
  zone.querySelector("[data-drop-hint]").hidden = !window.matchMedia("(pointer: fine)").matches;

  for (const input of inputs) {
    input.addEventListener("change", () => {
      for (const other of inputs) if (other !== input) other.value = "";
      chosen(input);
    });
  }
  zone.querySelector("[data-clear]").addEventListener("click", () => {
    clear();
    main.focus();
  });
  // A file that misses the zone must not replace the page.
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
  zone.addEventListener("dragover", () => zone.classList.add("over"));
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    zone.classList.remove("over");
    if (event.dataTransfer.files.length === 0) return;
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    main.files = one.files;
    main.dispatchEvent(new Event("change", { bubbles: true }));
  });

  function chosen(input) {
    const file = input.files[0];
    problem("");
    if (!file) return clear();
    if (file.size > Number(say.mostBytes)) return refuse(say.sayLarge);
    if (file.type && !file.type.startsWith("image/")) return refuse(say.sayKind);
    URL.revokeObjectURL(image.src);
    // HEIC has no preview in most browsers: then the name alone stands there.
    image.onerror = () => { image.hidden = true; };
    image.onload = () => { image.hidden = false; };
    image.src = URL.createObjectURL(file);
    zone.querySelector("[data-preview-name]").textContent = `${say.sayChosen} · ${file.name}`;
    preview.hidden = false;
    choices.hidden = true;
    form.querySelector("[data-submit]").focus({ preventScroll: true });
  }

  function refuse(sentence) {
    clear();
    problem(sentence);
  }

  function clear() {
    for (const input of inputs) input.value = "";
    URL.revokeObjectURL(image.src);
    image.removeAttribute("src");
    preview.hidden = true;
    choices.hidden = false;
  }

  function problem(sentence) {
    const place = zone.querySelector("[data-file-problem]");
    place.textContent = sentence;
    place.hidden = !sentence;
  }
}

// The server answers 422 with the page again: take the part that says what is wrong, so that the
// chosen file and every word stay where they are.
form.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422 || event.detail.xhr.status === 413) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
form.addEventListener("htmx:afterSettle", () => document.querySelector("#problem .note")?.scrollIntoView({ block: "center" }));
form.addEventListener("htmx:beforeRequest", () => {
  const file = [...form.querySelectorAll("[data-file]")].some((input) => input.files.length > 0);
  sending.hidden = !file;
  sent.value = 0;
});
form.addEventListener("htmx:xhr:progress", (event) => {
  if (event.detail.lengthComputable && event.detail.total > 0) sent.value = (100 * event.detail.loaded) / event.detail.total;
});
form.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful) sending.hidden = true;
});
form.addEventListener("htmx:sendError", () => tell(say.sayOffline));
form.addEventListener("htmx:responseError", () => tell(say.sayServer));

function tell(sentence) {
  const note = document.createElement("div");
  note.className = "note error";
  note.textContent = sentence;
  document.getElementById("problem").replaceChildren(note);
  note.scrollIntoView({ block: "center" });
}
