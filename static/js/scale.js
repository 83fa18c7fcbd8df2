// Write the chosen word under the seven mouths.
function show(scale) {
  const word = scale.parentElement.querySelector("[data-scale-word]");
  const chosen = scale.querySelector("input:checked");
  if (word) word.textContent = chosen ? chosen.dataset.word : "";
}

function start() {
  for (const scale of document.querySelectorAll("[data-scale]:not([data-ready])")) {
    scale.dataset.ready = "true";
    scale.addEventListener("change", () => show(scale));
    show(scale);
  }
}

start();
document.addEventListener("htmx:afterSwap", start);
