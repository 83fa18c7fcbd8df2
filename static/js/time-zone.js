// Tell the sign-up form which time zone this browser lives in.
for (const form of document.querySelectorAll("form[data-time-zone]")) {
  const field = form.elements.namedItem("time_zone");
  if (field && !field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}
