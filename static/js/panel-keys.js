// Keys for naming faces: 1–6 choose, 0 is "I don't know", Backspace or the left arrow go back.
const form = document.querySelector("[data-panel-keys]");
document.addEventListener("keydown", (event) => {
  if (!form || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, textarea, select")) return;
  const key = event.key === "ArrowLeft" ? "Backspace" : event.key;
  const target = [...form.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
  if (!target) return;
  event.preventDefault();
  target.click();
});
