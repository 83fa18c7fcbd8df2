// The waiting page asks again by itself (htmx). When an answer is lost, ask once more a little later.
const LATER = 5000;

function again(event) {
  const poll = event.target;
  if (poll.id === "poll") setTimeout(() => window.htmx.trigger(poll, "again"), LATER);
}

document.addEventListener("htmx:sendError", again);
document.addEventListener("htmx:timeout", again);
document.addEventListener("htmx:responseError", again);
