// Show a purpose's detail only while its switch is on. Without script every detail is visible.
for (const detail of document.querySelectorAll("[data-needs]")) {
  const toggle = document.getElementById(detail.dataset.needs);
  const show = () => { detail.hidden = !toggle.checked; };
  toggle.addEventListener("change", show);
  show();
}
