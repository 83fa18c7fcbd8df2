// Switch large type at once; the form behind the button keeps the choice.
for (const form of document.querySelectorAll("form[data-large]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const large = button.value === "1";
    const body = new FormData(form);
    body.set("large", button.value);
    document.documentElement.classList.toggle("large", large);
    button.setAttribute("aria-pressed", String(large));
    button.value = large ? "0" : "1";
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
  });
}
